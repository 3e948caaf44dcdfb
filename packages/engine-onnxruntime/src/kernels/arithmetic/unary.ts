import { Relu, type TensorInfo } from '@tensorflow/tfjs-core';
import { elementwise } from '../../emit/elementwise.js';
import { affordable } from '../../emit/fusion.js';
import type { Operation } from '../../emit/operation.js';
import { type UnaryOperator, unaryOperators } from '../../emit/unary-operators.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import type { DataTypeName } from '../../types.js';

/** Kernels that take one tensor and compute each element from the element at the same place. */

const unaryOperation = (name: string, { write, computeIn }: UnaryOperator): Operation => ({
  name,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes, outputs: [result] }) => {
    const withRelu = name === Relu ? x.fusion?.withRelu : undefined;
    const fused = withRelu && affordable(withRelu, x) ? withRelu.write() : undefined;
    const computed =
      fused ??
      elementwise(emitter, [x], result, ([tensor]) => {
        const type = computeIn ?? x.dtype;
        // Booleans are counted with: -true is -1, as in tfjs's other backends they are the bytes 0 and 1.
        const numbers = type === 'bool' && result.dtype !== 'bool' ? 'int32' : type;
        const source = numbers === x.dtype ? (tensor as string) : emitter.cast(tensor as string, numbers);
        return write(emitter, source, attributes as never, numbers);
      });
    if (name === Relu) x.rectified = computed;
    return computed;
  },
});

const unary = (name: string, spec: UnaryOperator): Kernel<{ x: TensorInfo }, object> => {
  const operation = unaryOperation(name, spec);
  return ({ inputs: { x }, attrs, backend }) =>
    backend.record(operation, [x], attrs ?? null, {
      shape: x.shape,
      dtype: spec.result ?? (x.dtype as DataTypeName),
    });
};

export const unaryConfigs = Object.entries(unaryOperators).map(([name, spec]) =>
  kernelConfig(name, unary(name, spec)),
);
