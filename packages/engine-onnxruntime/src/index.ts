/**
 * A TensorFlow.js backend on ONNX Runtime. Importing it registers the backend and its kernels:
 *
 * ```js
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@adfw/engine-onnxruntime';
 * await tf.setBackend('onnxruntime');
 * ```
 */
import { backend, registerBackend, registerKernel, type Tensor } from '@tensorflow/tfjs-core';
import { defaultOptions, type EngineOptions, OnnxRuntimeBackend } from './backend.js';
import { BACKEND_NAME } from './kernel.js';
import { kernelConfigs } from './kernels/index.js';
import { onnxRuntimeVersion } from './ort-binding.js';

export { type EngineOptions, OnnxRuntimeBackend } from './backend.js';
export { exportModel, type ModelDescription, type ModelInput } from './export/export-model.js';
export { NotExportableError } from './export/not-exportable-error.js';
export type { TensorFunction } from './export/trace.js';

let options: Partial<EngineOptions> = {};

/**
 * How the engine runs; call it before `tf.setBackend('onnxruntime')`.
 * @throws Error when the backend is in use already, or an option isn't a positive integer.
 */
export function configure(wanted: Partial<EngineOptions>): void {
  for (const name of ['threads', 'sessions', 'pendingNodes'] as const) {
    const value = wanted[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new Error(`configure: ${name} is ${value}; it must be a positive integer.`);
    }
  }
  if (created)
    throw new Error('configure: the onnxruntime backend is in use already; call configure before it.');
  options = { ...options, ...wanted };
}

let created: OnnxRuntimeBackend | null = null;

registerBackend(BACKEND_NAME, () => {
  created = new OnnxRuntimeBackend(options);
  return created;
});
for (const config of kernelConfigs) registerKernel(config);

/**
 * Makes tensors constants of the graphs they are used in, which ONNX Runtime then folds and pre-packs: for the weights of a
 * network that isn't trained. Their values must not change afterwards (a variable must not be assigned); they are freed by
 * disposing the tensors as usual.
 * @throws Error when the current backend isn't `onnxruntime`.
 */
export function freeze(tensors: Iterable<Tensor>): void {
  const engine = backend();
  if (!(engine instanceof OnnxRuntimeBackend)) {
    throw new Error(
      "freeze: the current backend isn't onnxruntime; call tf.setBackend('onnxruntime') first.",
    );
  }
  for (const tensor of tensors) engine.freeze(tensor.dataId);
}

/** What computes, for reports. */
export interface EngineVersion {
  readonly name: 'onnxruntime';
  readonly version: string;
  readonly provider: 'cpu';
  readonly threads: number;
}

export function engineVersion(): EngineVersion {
  const { threads } = created?.options ?? { ...defaultOptions, ...options };
  return { name: 'onnxruntime', version: onnxRuntimeVersion(), provider: 'cpu', threads };
}
