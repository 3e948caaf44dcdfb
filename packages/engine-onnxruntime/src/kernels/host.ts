import { createRequire } from 'node:module';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendValues, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend.js';
import { type Kernel, kernelConfig } from '../kernel.js';

/**
 * Kernels that tfjs's `cpu` backend computes: those whose result has a shape that depends on data, those that tfjs expects to
 * look at their data and refuse wrong ones at once, and a few that networks hardly use. What they read is computed first, so
 * each cuts the graph at its place.
 */
export const hostKernels: readonly string[] = [
  tf.Bincount,
  tf.BroadcastArgs,
  tf.DenseBincount,
  tf.Dilation2DBackpropFilter,
  tf.Dilation2DBackpropInput,
  tf.Multinomial,
  tf.NonMaxSuppressionV3,
  tf.NonMaxSuppressionV4,
  tf.NonMaxSuppressionV5,
  tf.RaggedGather,
  tf.RaggedRange,
  tf.RaggedTensorToTensor,
  tf.SearchSorted,
  tf.SparseFillEmptyRows,
  tf.SparseReshape,
  tf.SparseSegmentMean,
  tf.SparseSegmentSum,
  tf.SparseToDense,
  tf.Transform,
  tf.Unique,
];

const require = createRequire(import.meta.url);

/** The `cpu` backend, which is loaded when a kernel needs it first: importing it registers it. */
function cpuBackend(): MathBackendCPU {
  require('@tensorflow/tfjs-backend-cpu');
  return tf.findBackend('cpu') as MathBackendCPU;
}

type Inputs = Record<string, TensorInfo | readonly TensorInfo[]>;

function compute(
  backend: OnnxRuntimeBackend,
  kernelName: string,
  inputs: Inputs,
  attrs: tf.NamedAttrMap,
): TensorInfo | TensorInfo[] {
  const cpu = cpuBackend();
  const used: TensorInfo[] = [];
  const toCpu = ({ dataId, shape, dtype }: TensorInfo): TensorInfo => {
    if (dtype === 'string') {
      throw new Error(
        `The onnxruntime engine computes float32, int32 and bool; ${kernelName} was given string.`,
      );
    }
    const info = cpu.makeTensorInfo(shape, dtype, backend.readSync(dataId) as tf.TypedArray);
    used.push(info);
    // Some of its kernels ask for the rank, which only tensors have.
    return Object.assign(info, { rank: shape.length });
  };
  const fromCpu = (info: TensorInfo): TensorInfo => {
    const { shape, dtype } = info;
    const values: BackendValues = cpu.readSync(info.dataId);
    used.push(info);
    return { dataId: backend.write(values, shape, dtype), shape, dtype };
  };
  const { kernelFunc } = tf.getKernel(kernelName, 'cpu');
  try {
    const seen = Object.entries(inputs)
      .filter(([, x]) => x != null)
      .map(([name, x]) => [name, Array.isArray(x) ? x.map(toCpu) : toCpu(x as TensorInfo)] as const);
    const results = kernelFunc({
      inputs: Object.fromEntries(seen) as tf.NamedTensorInfoMap,
      attrs,
      backend: cpu,
    });
    return Array.isArray(results) ? results.map(fromCpu) : fromCpu(results);
  } finally {
    for (const { dataId } of used) cpu.disposeData(dataId, true);
  }
}

const hostKernel =
  (name: string): Kernel<Inputs, tf.NamedAttrMap> =>
  ({ inputs, attrs, backend }) =>
    compute(backend, name, inputs as Inputs, attrs);

export const hostConfigs = hostKernels.map((name) => kernelConfig(name, hostKernel(name)));
