import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from './backend.js';

export const BACKEND_NAME = 'onnxruntime';

/** tfjs types every input as possibly missing; a kernel is called with the ones it needs. */
type Given<Inputs> = { readonly [K in keyof Inputs]-?: NonNullable<Inputs[K]> };

/** A kernel as tfjs calls it: it computes shapes and types, and records an operation. */
export type Kernel<Inputs, Attributes> = (call: {
  readonly inputs: Given<Inputs>;
  readonly attrs: Attributes;
  readonly backend: OnnxRuntimeBackend;
}) => TensorInfo | TensorInfo[];

// Inputs and attributes differ from kernel to kernel; tfjs's registry types them as one.
export const kernelConfig = <Inputs, Attributes>(
  kernelName: string,
  kernel: Kernel<Inputs, Attributes>,
): KernelConfig => ({
  kernelName,
  backendName: BACKEND_NAME,
  kernelFunc: kernel as unknown as KernelFunc,
});
