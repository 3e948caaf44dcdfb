import {
  ArgMax,
  type ArgMaxAttrs,
  type ArgMaxInputs,
  ArgMin,
  backend_util,
  util,
} from '@tensorflow/tfjs-core';
import type { Emitter } from '../../emit/emitter.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layoutWithWhole, physicalAxis, withoutAxes } from '../../layout.js';

/** Where along an axis the largest (smallest) element is: the first one of equals. NaN is neither. */
const indexOperation = (name: string): Operation<{ axis: number }> => ({
  name,
  emit: ({ emitter, inputs: [x], attributes: { axis }, outputs: [result] }) => {
    const whole = layoutWithWhole(x.home, [axis]);
    const tensor = dense(emitter, x, whole);
    const numbers = x.dtype === 'float32' ? withoutNaN(emitter, tensor, name) : emitter.cast(tensor, 'int32');
    const index = emitter.op(name, [numbers], { axis: physicalAxis(whole, axis), keepdims: 0 });
    return operand(result, withoutAxes(whole, [axis]), emitter.cast(index, 'int32'));
  },
});

function withoutNaN(emitter: Emitter, tensor: string, name: string): string {
  const never = emitter.scalar(name === ArgMax ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  return emitter.op('Where', [emitter.op('IsNaN', [tensor]), never, tensor]);
}

const argExtreme = (name: string): Kernel<ArgMaxInputs, ArgMaxAttrs> => {
  const operation = indexOperation(name);
  return ({ inputs: { x }, attrs, backend }) => {
    const [axis] = util.parseAxisParam(attrs.axis, x.shape) as [number];
    const [shape] = backend_util.computeOutAndReduceShapes(x.shape, [axis]);
    return backend.record(operation, [x], { axis }, { shape, dtype: 'int32' });
  };
};

export const argMaxConfigs = [ArgMax, ArgMin].map((name) => kernelConfig(name, argExtreme(name)));
