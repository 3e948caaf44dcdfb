import { LinSpace, type LinSpaceAttrs, Range, type RangeAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../../backend.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { arrayOf, type DataTypeName } from '../../types.js';

/** Kernels that count; what they give is known without computing a graph. */

function vector(backend: OnnxRuntimeBackend, values: readonly number[], dtype: DataTypeName): TensorInfo {
  const shape = [values.length];
  return { dataId: backend.write(arrayOf(dtype, values), shape, dtype), shape, dtype };
}

const range: Kernel<object, RangeAttrs> = ({ attrs: { start, stop, step, dtype }, backend }) => {
  // tfjs's default step is 1 in either direction.
  const by = stop < start && step === 1 ? -1 : step;
  const count = Math.max(0, Math.ceil((stop - start) / by));
  const values = Array.from({ length: count }, (_, i) => start + i * by);
  return vector(backend, values, dtype);
};

const linSpace: Kernel<object, LinSpaceAttrs> = ({ attrs: { start, stop, num }, backend }) => {
  const step = (stop - start) / (num - 1);
  const values = Array.from({ length: num }, (_, i) => start + i * step);
  return vector(backend, values, 'float32');
};

export const rangeConfigs = [kernelConfig(Range, range), kernelConfig(LinSpace, linSpace)];
