import {
  Fill,
  type FillAttrs,
  OnesLike,
  type OnesLikeInputs,
  util,
  ZerosLike,
  type ZerosLikeInputs,
} from '@tensorflow/tfjs-core';
import { uniformOperand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import type { DataTypeName } from '../../types.js';

/** A tensor whose elements are all one number. */
export const fillOperation: Operation<{ value: number }> = {
  name: Fill,
  uniform: ({ value }) => value,
  emit: ({ emitter, attributes, outputs: [result] }) => uniformOperand(emitter, result, attributes.value),
};

const fill: Kernel<object, FillAttrs> = ({ attrs: { shape, value, dtype }, backend }) => {
  if (typeof value === 'string') throw new Error('Fill: the onnxruntime engine has no strings.');
  const type = (dtype ?? util.inferDtype(value)) as DataTypeName;
  return backend.record(fillOperation, [], { value }, { shape, dtype: type });
};

const like =
  (value: number): Kernel<ZerosLikeInputs & OnesLikeInputs, object> =>
  ({ inputs: { x }, backend }) =>
    backend.record(fillOperation, [], { value }, { shape: x.shape, dtype: x.dtype as DataTypeName });

export const fillConfigs = [
  kernelConfig(Fill, fill),
  kernelConfig(ZerosLike, like(0)),
  kernelConfig(OnesLike, like(1)),
];
