import {
  backend_util,
  Concat,
  type ConcatAttrs,
  type ConcatInputs,
  Pack,
  type PackAttrs,
  type PackInputs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../../backend.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layoutWithWhole, physicalAxis } from '../../layout.js';
import { type DataTypeName, isEmpty } from '../../types.js';

const operation: Operation<{ axis: number }> = {
  name: Concat,
  sharesLayout: true,
  emit: ({ emitter, inputs, attributes: { axis }, outputs: [result] }) => {
    const common = layoutWithWhole(result.layout, [axis]);
    const tensors = inputs.map((x) => dense(emitter, x, common));
    return operand(result, common, emitter.op('Concat', tensors, { axis: physicalAxis(common, axis) }));
  },
};

function concatenate(backend: OnnxRuntimeBackend, inputs: readonly TensorInfo[], axis: number): TensorInfo {
  const shapes = inputs.map((x) => x.shape);
  const [{ dtype }] = inputs as [TensorInfo];
  for (const x of inputs) {
    util.assert(
      x.dtype === dtype,
      () => `Concat: tensors of one type can be joined, not ${dtype} and ${x.dtype}.`,
    );
  }
  backend_util.assertParamsConsistent(shapes, axis);
  const shape = backend_util.computeOutShape(shapes, axis);
  const filled = inputs.filter((x) => !isEmpty(x.shape));
  const [first] = filled;
  if (!first) return backend.view(inputs[0] as TensorInfo, shape);
  if (filled.length === 1) return backend.view(first, shape);
  return backend.record(operation, filled, { axis }, { shape, dtype: dtype as DataTypeName });
}

const concat: Kernel<ConcatInputs, ConcatAttrs> = ({ inputs, attrs, backend }) => {
  const tensors = inputs as unknown as TensorInfo[];
  const [axis] = util.parseAxisParam(attrs.axis, (tensors[0] as TensorInfo).shape) as [number];
  return concatenate(backend, tensors, axis);
};

/** Stacks tensors of one shape along a new axis. */
const pack: Kernel<PackInputs, PackAttrs> = ({ inputs, attrs, backend }) => {
  const [first] = inputs as unknown as [TensorInfo];
  const axis = attrs.axis < 0 ? attrs.axis + first.shape.length + 1 : attrs.axis;
  const tensors = (inputs as unknown as TensorInfo[]).map((x) => {
    const shape = [...x.shape];
    shape.splice(axis, 0, 1);
    return { ...x, shape };
  });
  return concatenate(backend, tensors, axis);
};

export const concatConfigs = [kernelConfig(Concat, concat), kernelConfig(Pack, pack)];
