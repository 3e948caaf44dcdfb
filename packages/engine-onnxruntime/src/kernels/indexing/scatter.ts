import {
  ScatterNd,
  type ScatterNdAttrs,
  type ScatterNdInputs,
  type TensorInfo,
  TensorScatterUpdate,
  type TensorScatterUpdateAttrs,
  type TensorScatterUpdateInputs,
  UnsortedSegmentSum,
  type UnsortedSegmentSumAttrs,
  type UnsortedSegmentSumInputs,
} from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import { type DataTypeName, sizeOf } from '../../types.js';

/** Kernels that put entries into places that another tensor names. */

const scatterOperation: Operation<null> = {
  name: ScatterNd,
  emit: ({ emitter, inputs: [indices, updates], outputs: [result] }) => {
    const zeros = emitter.expand(emitter.scalar(0, result.dtype), [], result.shape);
    const at = emitter.cast(logical(emitter, indices), 'int64');
    const sums = emitter.op('ScatterND', [zeros, at, logical(emitter, updates)], { reduction: 'add' });
    return operand(result, rowMajor(result.shape.length), sums);
  },
};

/** A vector of indices counts along the first axis. */
const asPlaces = (indices: TensorInfo): TensorInfo => ({
  ...indices,
  shape: indices.shape.length === 1 ? [...indices.shape, 1] : indices.shape,
});

const scatterNd: Kernel<ScatterNdInputs, ScatterNdAttrs> = ({ inputs, attrs, backend }) => {
  const { indices, updates } = inputs;
  return backend.record(scatterOperation, [asPlaces(indices), updates], null, {
    shape: attrs.shape,
    dtype: updates.dtype as DataTypeName,
  });
};

/** Puts entries into a tensor instead of what is there. */
const updateOperation: Operation<null> = {
  name: TensorScatterUpdate,
  emit: ({ emitter, inputs: [x, indices, updates], outputs: [result] }) => {
    const at = emitter.cast(logical(emitter, indices), 'int64');
    const updated = emitter.op('ScatterND', [logical(emitter, x), at, logical(emitter, updates)]);
    return operand(result, rowMajor(result.shape.length), updated);
  },
};

const tensorScatterUpdate: Kernel<TensorScatterUpdateInputs, TensorScatterUpdateAttrs> = ({
  inputs: { tensor, indices, updates },
  backend,
}) =>
  backend.record(updateOperation, [tensor, asPlaces(indices), updates], null, {
    shape: tensor.shape,
    dtype: tensor.dtype as DataTypeName,
  });

/** Sums the entries of one segment; entries whose segment isn't there are left out. */
const segmentOperation: Operation<{ numSegments: number }> = {
  name: UnsortedSegmentSum,
  emit: ({ emitter, inputs: [x, ids], attributes: { numSegments }, outputs: [result] }) => {
    const count = sizeOf(ids.shape);
    const inner = sizeOf(x.shape) / Math.max(count, 1);
    const segment = logical(emitter, ids);
    const known = emitter.op('And', [
      emitter.op('GreaterOrEqual', [segment, emitter.scalar(0, 'int32')]),
      emitter.op('Less', [segment, emitter.scalar(numSegments, 'int32')]),
    ]);
    const place = emitter.op('Where', [known, segment, emitter.scalar(numSegments, 'int32')]);
    const zeros = emitter.expand(emitter.scalar(0, result.dtype), [], [numSegments + 1, inner]);
    const sums = emitter.op(
      'ScatterND',
      [
        zeros,
        emitter.reshape(emitter.cast(place, 'int64'), [count, 1]),
        emitter.reshape(logical(emitter, x), [count, inner]),
      ],
      { reduction: 'add' },
    );
    const wanted = emitter.slice(sums, [0], [0], [numSegments]);
    return operand(result, rowMajor(result.shape.length), emitter.reshape(wanted, result.shape));
  },
};

const unsortedSegmentSum: Kernel<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs> = ({
  inputs: { x, segmentIds },
  attrs: { numSegments },
  backend,
}) =>
  backend.record(
    segmentOperation,
    [x, segmentIds],
    { numSegments },
    { shape: [numSegments, ...x.shape.slice(segmentIds.shape.length)], dtype: x.dtype as DataTypeName },
  );

export const scatterConfigs = [
  kernelConfig(ScatterNd, scatterNd),
  kernelConfig(TensorScatterUpdate, tensorScatterUpdate),
  kernelConfig(UnsortedSegmentSum, unsortedSegmentSum),
];
