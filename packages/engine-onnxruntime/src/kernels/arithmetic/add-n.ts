import { AddN, type AddNInputs } from '@tensorflow/tfjs-core';
import { elementwise } from '../../emit/elementwise.js';
import type { Operation } from '../../emit/operation.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import type { DataTypeName } from '../../types.js';

const operation: Operation<null> = {
  name: AddN,
  sharesLayout: true,
  emit: ({ emitter, inputs, outputs: [result] }) =>
    elementwise(emitter, inputs, result, (names) => names.reduce((sum, x) => emitter.op('Add', [sum, x]))),
};

const addN: Kernel<AddNInputs, object> = ({ inputs, backend }) => {
  const [first] = inputs as unknown as [AddNInputs[number]];
  return backend.record(operation, inputs, null, {
    shape: first.shape,
    dtype: first.dtype as DataTypeName,
  });
};

export const addNConfig = kernelConfig(AddN, addN);
