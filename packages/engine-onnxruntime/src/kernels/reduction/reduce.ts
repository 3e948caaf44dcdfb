import * as tf from '@tensorflow/tfjs-core';
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { isFullImage } from '../../blocked/per-channel.js';
import { channelSums, positionSums } from '../../blocked/sums.js';
import type { Emitter } from '../../emit/emitter.js';
import { type Operand, operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { compact, dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { blockedImage, physicalAxes, rowMajor, withoutAxes } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

/** Kernels that compute one number from all numbers along some axes. */

interface Reduction {
  readonly opType: string;
  readonly result: (x: DataTypeName) => DataTypeName;
  /** What it is computed in, for a result of that type. */
  readonly computeIn: (result: DataTypeName) => DataTypeName;
}

const same = (dtype: DataTypeName): DataTypeName => dtype;
/** Booleans are counted, and compared as 0 and 1. */
const number = (dtype: DataTypeName): DataTypeName => (dtype === 'bool' ? 'int32' : dtype);

const reductions: Record<string, Reduction> = {
  [tf.All]: { opType: 'ReduceMin', result: () => 'bool', computeIn: number },
  [tf.Any]: { opType: 'ReduceMax', result: () => 'bool', computeIn: number },
  [tf.Max]: { opType: 'ReduceMax', result: same, computeIn: number },
  [tf.Mean]: { opType: 'ReduceMean', result: () => 'float32', computeIn: same },
  [tf.Min]: { opType: 'ReduceMin', result: same, computeIn: number },
  [tf.Prod]: { opType: 'ReduceProd', result: number, computeIn: same },
  [tf.Sum]: { opType: 'ReduceSum', result: number, computeIn: same },
};

const castTo = (emitter: Emitter, tensor: string, from: DataTypeName, to: DataTypeName): string =>
  from === to ? tensor : emitter.cast(tensor, to);

const reduceOperation = (name: string, { opType, computeIn }: Reduction): Operation<{ axes: number[] }> => ({
  name,
  emit: ({ emitter, inputs: [x], attributes: { axes }, outputs: [result] }) => {
    const sum = name === tf.Sum || name === tf.Mean ? blockedSum(emitter, x, axes) : null;
    if (sum) {
      const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
      const scaled = name === tf.Mean ? emitter.op('Mul', [sum, emitter.scalar(1 / count)]) : sum;
      return operand(result, rowMajor(result.shape.length), scaled);
    }
    const type = computeIn(result.dtype);
    const repeats = axes.some((axis) => x.extent[axis] !== x.shape[axis]);
    const tensor = castTo(emitter, (repeats ? dense : compact)(emitter, x, x.home), x.dtype, type);
    const physical = axes.flatMap((axis) => physicalAxes(x.home, axis)).sort((a, b) => a - b);
    const reduced = physical.length > 0 ? reduceAlong(emitter, opType, tensor, physical, type) : tensor;
    const extent = (repeats ? x.shape : x.extent).filter((_, axis) => !axes.includes(axis));
    return operand(result, withoutAxes(x.home, axes), castTo(emitter, reduced, type, result.dtype), extent);
  },
});

function reduceAlong(
  emitter: Emitter,
  opType: string,
  tensor: string,
  axes: readonly number[],
  type: DataTypeName,
): string {
  const reduced = emitter.reduce(opType, tensor, axes);
  if (type !== 'float32' || (opType !== 'ReduceMax' && opType !== 'ReduceMin')) return reduced;
  // The largest of numbers with NaN among them is NaN. ONNX Runtime's ReduceMax passes it over; a sum doesn't, and a sum of
  // magnitudes is NaN only then.
  const sum = emitter.reduce('ReduceSum', emitter.op('Abs', [tensor]), axes);
  return emitter.op('Where', [emitter.op('IsNaN', [sum]), sum, reduced]);
}

/** The sum of a blocked image, of each channel or at each position; null for any other tensor or axes. */
function blockedSum(emitter: Emitter, x: Operand, axes: readonly number[]): string | null {
  if (emitter.block === 0 || x.home !== blockedImage(emitter.block) || !isFullImage(x, x)) return null;
  const key = [...axes].sort().join();
  if (key === '0,1,2') return channelSums(emitter, x);
  if (key === '3') return positionSums(emitter, x);
  return key === '0,1,2,3' ? emitter.reduce('ReduceSum', channelSums(emitter, x), [0]) : null;
}

type ReduceAttrs = tf.SumAttrs | tf.MaxAttrs;

const reduce = (name: string, spec: Reduction): Kernel<{ x: TensorInfo }, ReduceAttrs> => {
  const operation = reduceOperation(name, spec);
  return ({ inputs: { x }, attrs, backend }) => {
    const { keepDims } = attrs;
    const axes = util.parseAxisParam('axis' in attrs ? attrs.axis : attrs.reductionIndices, x.shape);
    const [shape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    const dtype = spec.result(x.dtype as DataTypeName);
    const reduced = backend.record(operation, [x], { axes }, { shape, dtype });
    return keepDims ? { ...reduced, shape: backend_util.expandShapeToKeepDim(shape, axes) } : reduced;
  };
};

export const reduceConfigs = Object.entries(reductions).map(([name, spec]) =>
  kernelConfig(name, reduce(name, spec)),
);
