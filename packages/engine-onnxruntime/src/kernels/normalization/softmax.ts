import {
  LogSoftmax,
  type LogSoftmaxAttrs,
  type LogSoftmaxInputs,
  Softmax,
  type SoftmaxAttrs,
  type SoftmaxInputs,
  util,
} from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layoutWithWhole, physicalAxis } from '../../layout.js';

const along = (name: string): Operation<{ axis: number }> => ({
  name,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes: { axis }, outputs: [result] }) => {
    const whole = layoutWithWhole(result.layout, [axis]);
    const name_ = emitter.op(name, [dense(emitter, x, whole)], { axis: physicalAxis(whole, axis) });
    return operand(result, whole, name_);
  },
});
const softmaxOperation = along(Softmax);
const logSoftmaxOperation = along(LogSoftmax);

const softmax: Kernel<SoftmaxInputs, SoftmaxAttrs> = ({ inputs: { logits }, attrs: { dim }, backend }) => {
  const [axis] = util.parseAxisParam(dim, logits.shape) as [number];
  return backend.record(softmaxOperation, [logits], { axis }, { shape: logits.shape, dtype: 'float32' });
};

const logSoftmax: Kernel<LogSoftmaxInputs, LogSoftmaxAttrs> = ({ inputs: { logits }, attrs, backend }) => {
  const [axis] = util.parseAxisParam(attrs.axis, logits.shape) as [number];
  return backend.record(logSoftmaxOperation, [logits], { axis }, { shape: logits.shape, dtype: 'float32' });
};

export const softmaxConfigs = [kernelConfig(Softmax, softmax), kernelConfig(LogSoftmax, logSoftmax)];
