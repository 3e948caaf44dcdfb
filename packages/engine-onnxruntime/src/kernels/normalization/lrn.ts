import {
  LRN,
  type LRNAttrs,
  LRNGrad,
  type LRNGradAttrs,
  type LRNGradInputs,
  type LRNInputs,
} from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense, logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { NCHW, rowMajor } from '../../layout.js';

/**
 * Local response normalisation: y = x · n^-β with n = bias + α · (the sum of x² over the channels at most `depthRadius`
 * away), and its gradient.
 */
const operation: Operation<LRNAttrs> = {
  name: LRN,
  demands: () => ({ inputs: [NCHW], outputs: [NCHW] }),
  emit: ({ emitter, inputs: [x], attributes: { depthRadius, bias, alpha, beta }, outputs: [result] }) => {
    const size = 2 * depthRadius + 1;
    const normalised = emitter.op('LRN', [dense(emitter, x, NCHW)], {
      size,
      // ONNX divides alpha by the size of the window.
      alpha: { float: alpha * size },
      beta: { float: beta },
      bias: { float: bias },
    });
    return operand(result, NCHW, normalised);
  },
};

/** dx = dy · n^-β - 2αβ · x · (the sum of dy · y / n over the same channels). */
const gradientOperation: Operation<LRNGradAttrs> = {
  name: LRNGrad,
  emit: ({ emitter, inputs, attributes: { depthRadius, bias, alpha, beta }, outputs: [result] }) => {
    const [x, y, dy] = inputs.map((input) => logical(emitter, input)) as [string, string, string];
    const channels = result.shape[3] as number;
    const isNear = (i: number) => Math.abs(Math.floor(i / channels) - (i % channels)) <= depthRadius;
    const near = emitter.float32(
      Array.from({ length: channels * channels }, (_, i) => (isNear(i) ? 1 : 0)),
      [channels, channels],
    );
    const multiply = (a: string, b: string) => emitter.op('Mul', [a, b]);
    const aroundChannel = (tensor: string) => emitter.op('MatMul', [tensor, near]);
    const squares = multiply(aroundChannel(multiply(x, x)), emitter.scalar(alpha));
    const n = emitter.op('Add', [squares, emitter.scalar(bias)]);
    const own = multiply(dy, emitter.op('Pow', [n, emitter.scalar(-beta)]));
    const others = multiply(x, aroundChannel(emitter.op('Div', [multiply(dy, y), n])));
    const scaled = multiply(others, emitter.scalar(2 * alpha * beta));
    return operand(result, rowMajor(4), emitter.op('Sub', [own, scaled]));
  },
};

const lrn: Kernel<LRNInputs, LRNAttrs> = ({ inputs: { x }, attrs, backend }) => {
  const { depthRadius, bias, alpha, beta } = attrs;
  const attributes = { depthRadius, bias, alpha, beta };
  return backend.record(operation, [x], attributes, { shape: x.shape, dtype: 'float32' });
};

const lrnGrad: Kernel<LRNGradInputs, LRNGradAttrs> = ({ inputs: { x, y, dy }, attrs, backend }) => {
  const { depthRadius, bias, alpha, beta } = attrs;
  const attributes = { depthRadius, bias, alpha, beta };
  return backend.record(gradientOperation, [x, y, dy], attributes, { shape: x.shape, dtype: 'float32' });
};

export const lrnConfigs = [kernelConfig(LRN, lrn), kernelConfig(LRNGrad, lrnGrad)];
