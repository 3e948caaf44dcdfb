import { Select, type SelectInputs } from '@tensorflow/tfjs-core';
import { elementwise } from '../../emit/elementwise.js';
import type { Emitter } from '../../emit/emitter.js';
import type { Operation } from '../../emit/operation.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import type { DataTypeName } from '../../types.js';

const operation: Operation<null> = {
  name: Select,
  sharesLayout: true,
  emit: ({ emitter, inputs, outputs: [result] }) =>
    elementwise(emitter, inputs, result, ([condition, t, e]) => {
      const names = [condition, t, e] as [string, string, string];
      return result.dtype === 'bool' ? chooseBooleans(emitter, ...names) : emitter.op('Where', names);
    }),
};

/** ONNX Runtime's Where has no booleans. */
function chooseBooleans(emitter: Emitter, condition: string, t: string, e: string): string {
  const chosen = emitter.op('And', [condition, t]);
  return emitter.op('Or', [chosen, emitter.op('And', [emitter.op('Not', [condition]), e])]);
}

/** t where the condition holds, e elsewhere. A condition of rank 1 chooses whole entries of the first axis. */
const select: Kernel<SelectInputs, object> = ({ inputs: { condition, t, e }, backend }) => {
  const ones = t.shape.slice(1).map(() => 1);
  const seen =
    condition.shape.length === 1 && t.shape.length > 1
      ? { ...condition, shape: [...condition.shape, ...ones] }
      : condition;
  return backend.record(operation, [seen, t, e], null, { shape: t.shape, dtype: t.dtype as DataTypeName });
};

export const selectConfig = kernelConfig(Select, select);
