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
import { OnnxRuntimeBackend } from './backend.js';
import { BACKEND_NAME } from './kernel.js';
import { kernelConfigs } from './kernels/index.js';
import { defaultOptions, type EngineOptions } from './options.js';
import { onnxRuntimeVersion } from './session/ort-binding.js';
import { checkProvider, type Provider, providerNames } from './session/provider.js';

export { OnnxRuntimeBackend } from './backend.js';
export { exportModel, type ModelDescription, type ModelInput } from './export/export-model.js';
export { NotExportableError } from './export/not-exportable-error.js';
export type { TensorFunction } from './export/trace.js';
export type { EngineOptions } from './options.js';
export { type OpenModel, openModel } from './session/open-model.js';
export { builtInProviders, type Provider, providerNames } from './session/provider.js';
export { type EngineWatch, watchEngine } from './session/watch.js';

let options: Partial<EngineOptions> = {};

/**
 * How the engine runs; call it before `tf.setBackend('onnxruntime')`. A provider other than the CPU is started at once, and what
 * it computes is compared with the CPU's values.
 * @throws Error when the backend is in use already with other options, an option isn't a positive integer, or the provider isn't
 * available on this machine.
 */
export function configure(wanted: Partial<EngineOptions>): void {
  for (const name of ['threads', 'sessions', 'pendingNodes'] as const) {
    const value = wanted[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new Error(`configure: ${name} is ${value}; it must be a positive integer.`);
    }
  }
  const { provider } = wanted;
  if (provider !== undefined && !providerNames.includes(provider)) {
    throw new Error(`configure: provider is "${provider}"; it must be one of ${providerNames.join(', ')}.`);
  }
  if (created) {
    const { options: inUse } = created;
    const changed = Object.entries(wanted).find(
      ([name, value]) => inUse[name as keyof EngineOptions] !== value,
    );
    if (changed === undefined) return;
    const [name, value] = changed;
    throw new Error(
      `configure: the onnxruntime backend is in use already, with ${name} ${inUse[name as keyof EngineOptions]} and not ${value}; call configure before it.`,
    );
  }
  if (provider !== undefined) checkProvider(provider);
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
  /** What computes; what it has no kernel for is computed by the CPU. */
  readonly provider: Provider;
  readonly threads: number;
}

export function engineVersion(): EngineVersion {
  const { threads, provider } = created?.options ?? { ...defaultOptions, ...options };
  return { name: 'onnxruntime', version: onnxRuntimeVersion(), provider, threads };
}
