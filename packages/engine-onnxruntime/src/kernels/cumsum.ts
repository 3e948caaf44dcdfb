import { Cumsum, type CumsumAttrs, type CumsumInputs, util } from '@tensorflow/tfjs-core';
import type { Operation } from '../graph.js';
import { type Kernel, kernelConfig } from '../kernel.js';
import { layoutWithWhole, physicalAxis } from '../layout.js';
import { dense, operand } from '../operand.js';

const operation: Operation<{ axis: number; exclusive: boolean; reverse: boolean }> = {
  name: Cumsum,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes: { axis, exclusive, reverse }, outputs: [result] }) => {
    const whole = layoutWithWhole(result.layout, [axis]);
    const tensor = dense(emitter, x, whole);
    const numbers = x.dtype === result.dtype ? tensor : emitter.cast(tensor, result.dtype);
    const place = emitter.scalar(physicalAxis(whole, axis), 'int64');
    const flags = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
    return operand(result, whole, emitter.op('CumSum', [numbers, place], flags));
  },
};

const cumsum: Kernel<CumsumInputs, CumsumAttrs> = ({ inputs: { x }, attrs, backend }) => {
  const [axis] = util.parseAxisParam(attrs.axis, x.shape) as [number];
  const { exclusive, reverse } = attrs;
  const dtype = x.dtype === 'float32' ? 'float32' : 'int32';
  return backend.record(operation, [x], { axis, exclusive, reverse }, { shape: x.shape, dtype });
};

export const cumsumConfig = kernelConfig(Cumsum, cumsum);
