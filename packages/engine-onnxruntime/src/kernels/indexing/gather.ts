import {
  backend_util,
  GatherNd,
  type GatherNdInputs,
  GatherV2,
  type GatherV2Attrs,
  type GatherV2Inputs,
  util,
} from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense, logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layoutWithWhole, physicalAxis, rowMajor } from '../../layout.js';
import { type DataTypeName, sizeOf } from '../../types.js';

interface GatherAttributes {
  readonly axis: number;
  readonly batchSize: number;
  readonly outerSize: number;
  readonly sliceSize: number;
}

const operation: Operation<GatherAttributes> = {
  name: GatherV2,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x, indices], attributes, outputs: [result] }) => {
    const { axis, batchSize, outerSize, sliceSize } = attributes;
    const at = logical(emitter, indices);
    const home = rowMajor(result.shape.length);
    if (batchSize === 1) {
      const flat = emitter.reshape(at, [sizeOf(indices.shape)]);
      if (indices.shape.length === 1) {
        const common = layoutWithWhole(result.layout, [axis]);
        const source = dense(emitter, x, common);
        return operand(
          result,
          common,
          emitter.op('Gather', [source, flat], { axis: physicalAxis(common, axis) }),
        );
      }
      const gathered = emitter.op('Gather', [logical(emitter, x), flat], { axis });
      return operand(result, home, emitter.reshape(gathered, result.shape));
    }
    // Each batch looks into its own entries.
    const size = x.shape[axis] as number;
    const perBatch = sizeOf(indices.shape) / batchSize;
    const entries = emitter.transpose(
      emitter.reshape(logical(emitter, x), [batchSize, outerSize, size, sliceSize]),
      [0, 2, 1, 3],
    );
    const places = emitter.cast(emitter.reshape(at, [batchSize, perBatch, 1]), 'int64');
    const gathered = emitter.op('GatherND', [entries, places], { batch_dims: 1 });
    return operand(result, home, emitter.reshape(emitter.transpose(gathered, [0, 2, 1, 3]), result.shape));
  },
};

const gather: Kernel<GatherV2Inputs, GatherV2Attrs> = ({ inputs: { x, indices }, attrs, backend }) => {
  const [axis] = util.parseAxisParam(attrs.axis, x.shape) as [number];
  const info = backend_util.segment_util.collectGatherOpShapeInfo(
    x as never,
    indices as never,
    axis,
    attrs.batchDims ?? 0,
  );
  const { batchSize, outerSize, sliceSize, outputShape: shape } = info;
  return backend.record(
    operation,
    [x, indices],
    { axis, batchSize, outerSize, sliceSize },
    { shape, dtype: x.dtype as DataTypeName },
  );
};

const gatherNdOperation: Operation<null> = {
  name: GatherNd,
  emit: ({ emitter, inputs: [params, indices], outputs: [result] }) => {
    const at = emitter.cast(logical(emitter, indices), 'int64');
    return operand(
      result,
      rowMajor(result.shape.length),
      emitter.op('GatherND', [logical(emitter, params), at]),
    );
  },
};

const gatherNd: Kernel<GatherNdInputs, object> = ({ inputs: { params, indices }, backend }) => {
  const [shape] = backend_util.prepareAndValidate(params as never, indices as never);
  return backend.record(gatherNdOperation, [params, indices], null, {
    shape,
    dtype: params.dtype as DataTypeName,
  });
};

export const gatherConfigs = [kernelConfig(GatherV2, gather), kernelConfig(GatherNd, gatherNd)];
