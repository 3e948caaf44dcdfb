import {
  BatchToSpaceND,
  type BatchToSpaceNDAttrs,
  type BatchToSpaceNDInputs,
  backend_util,
  SpaceToBatchND,
  type SpaceToBatchNDAttrs,
  type SpaceToBatchNDInputs,
} from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import { type DataTypeName, sizeOf } from '../../types.js';

/** Kernels that move blocks of positions into the batch axis, and back. */

interface Move {
  readonly split: readonly number[];
  readonly order: readonly number[];
  readonly joined: readonly number[];
}

/** Pads the positions with zeros, then makes a sample of each place in a block. */
const spaceToBatchOperation: Operation<Move & { pads: readonly number[] }> = {
  name: SpaceToBatchND,
  emit: ({ emitter, inputs: [x], attributes: { pads, split, order }, outputs: [result] }) => {
    const tensor = logical(emitter, x);
    const filled = pads.some((p) => p > 0)
      ? emitter.op('Pad', [tensor, emitter.int64(pads), emitter.scalar(0, x.dtype)])
      : tensor;
    const moved = emitter.transpose(emitter.reshape(filled, split), order);
    return operand(result, rowMajor(result.shape.length), emitter.reshape(moved, result.shape));
  },
};

/** Puts the samples of a block beside one another, then crops. */
const batchToSpaceOperation: Operation<Move & { begin: readonly number[] }> = {
  name: BatchToSpaceND,
  emit: ({ emitter, inputs: [x], attributes: { split, order, joined, begin }, outputs: [result] }) => {
    const moved = emitter.transpose(emitter.reshape(logical(emitter, x), split), order);
    const whole = emitter.reshape(moved, joined);
    const axes = begin.map((_, axis) => axis);
    const ends = begin.map((start, axis) => start + (result.shape[axis] as number));
    return operand(result, rowMajor(result.shape.length), emitter.slice(whole, axes, begin, ends));
  },
};

const spaceToBatch: Kernel<SpaceToBatchNDInputs, SpaceToBatchNDAttrs> = ({
  inputs: { x },
  attrs,
  backend,
}) => {
  const { blockShape } = attrs;
  const rest = x.shape.slice(1 + blockShape.length).map(() => [0, 0]);
  const paddings = [[0, 0], ...attrs.paddings, ...rest] as [number, number][];
  const padded = x.shape.map((d, axis) => d + both(paddings[axis] as [number, number]));
  const count = sizeOf(blockShape);
  const split = backend_util.getReshaped(padded, blockShape, count, false);
  const order = backend_util.getPermuted(split.length, blockShape.length, false);
  const shape = backend_util.getReshapedPermuted(padded, blockShape, count, false);
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  const attributes = { pads, split, order, joined: shape };
  return backend.record(spaceToBatchOperation, [x], attributes, { shape, dtype: x.dtype as DataTypeName });
};

const both = ([before, after]: readonly [number, number]): number => before + after;

const batchToSpace: Kernel<BatchToSpaceNDInputs, BatchToSpaceNDAttrs> = ({
  inputs: { x },
  attrs,
  backend,
}) => {
  const { blockShape, crops } = attrs;
  const count = sizeOf(blockShape);
  const split = backend_util.getReshaped(x.shape, blockShape, count);
  const order = backend_util.getPermuted(split.length, blockShape.length);
  const joined = backend_util.getReshapedPermuted(x.shape, blockShape, count);
  const begin = backend_util.getSliceBeginCoords(crops, blockShape.length);
  const cropped = backend_util.getSliceSize(joined, crops, blockShape.length);
  const shape = [...cropped, ...joined.slice(cropped.length)];
  const attributes = { split, order, joined, begin };
  return backend.record(batchToSpaceOperation, [x], attributes, { shape, dtype: x.dtype as DataTypeName });
};

export const spaceToBatchConfigs = [
  kernelConfig(SpaceToBatchND, spaceToBatch),
  kernelConfig(BatchToSpaceND, batchToSpace),
];
