import { Cast, type CastAttrs, type CastInputs } from '@tensorflow/tfjs-core';
import { elementwise } from '../../emit/elementwise.js';
import type { Operation } from '../../emit/operation.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import type { DataTypeName } from '../../types.js';

const operation: Operation<null> = {
  name: Cast,
  sharesLayout: true,
  emit: ({ emitter, inputs, outputs: [result] }) =>
    elementwise(emitter, [inputs[0]], result, ([x]) => emitter.cast(x as string, result.dtype)),
};

const cast: Kernel<CastInputs, CastAttrs> = ({ inputs: { x }, attrs: { dtype }, backend }) => {
  if (dtype === x.dtype) return backend.view(x, x.shape);
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new Error(`Cast: the onnxruntime engine has float32, int32 and bool, not ${dtype}.`);
  }
  return backend.record(operation, [x], null, { shape: x.shape, dtype: dtype satisfies DataTypeName });
};

export const castConfig = kernelConfig(Cast, cast);
