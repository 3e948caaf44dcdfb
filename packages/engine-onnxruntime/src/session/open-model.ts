import type { Tensor } from 'onnxruntime-common';
import { createSession } from './ort-binding.js';

/** A model in ONNX Runtime, as any program that reads its file has it; the tensors are those of `onnxruntime-common`. */
export interface OpenModel {
  readonly inputNames: readonly string[];
  /** Runs it on the CPU, and holds the event loop until it is done. @throws Error for inputs that it does not take. */
  run(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor>;
  dispose(): void;
}

/**
 * Opens an ONNX file. `InferenceSession.create` of onnxruntime-node does the same, but a process in which two copies of that package
 * are loaded, ours and the user's, is refused by onnxruntime-common.
 * @throws Error for what is no model.
 */
export function openModel(model: Uint8Array): OpenModel {
  const session = createSession(model, { logSeverityLevel: 3 });
  const outputs = Object.fromEntries(session.outputMetadata.map(({ name }) => [name, null]));
  return {
    inputNames: session.inputMetadata.map(({ name }) => name),
    run: (inputs) => session.run({ ...inputs }, outputs, {}),
    dispose: () => session.dispose(),
  };
}
