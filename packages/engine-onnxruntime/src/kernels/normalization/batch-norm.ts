import {
  FusedBatchNorm,
  type FusedBatchNormAttrs,
  type FusedBatchNormInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { isBlockedImage } from '../../blocked/image.js';
import { isFullImage, mapChannels } from '../../blocked/per-channel.js';
import { elementwise } from '../../emit/elementwise.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { withRank } from '../../emit/reshaped.js';
import { dense, logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { NCHW } from '../../layout.js';

interface BatchNorm {
  readonly varianceEpsilon: number;
  readonly offset: boolean;
  readonly scale: boolean;
}

/** (x - mean) / sqrt(variance + ε) · scale + offset. Inputs: x, mean, variance, then offset and scale where there are any. */
const operation: Operation<BatchNorm> = {
  name: FusedBatchNorm,
  sharesLayout: true,
  emit: ({ emitter, inputs, attributes, outputs: [result] }) => {
    const { varianceEpsilon, offset: hasOffset, scale: hasScale } = attributes;
    const [x, mean, variance, ...rest] = inputs;
    const offset = hasOffset ? rest.shift() : undefined;
    const scale = hasScale ? rest.shift() : undefined;
    const perChannel = [mean, variance, offset, scale].every((o) => !o || o.shape.length === 1);
    if (perChannel && result.layout === NCHW) {
      const channels = mean.shape[0] as number;
      const constant = (value: number) => emitter.float32(new Array(channels).fill(value), [channels]);
      const tensors = [
        dense(emitter, x, NCHW),
        scale ? logical(emitter, scale) : constant(1),
        offset ? logical(emitter, offset) : constant(0),
        logical(emitter, mean),
        logical(emitter, variance),
      ];
      const attributes = { epsilon: { float: varianceEpsilon } };
      return operand(result, NCHW, emitter.op('BatchNormalization', tensors, attributes));
    }
    if (perChannel && isBlockedImage(emitter, result) && isFullImage(x, result)) {
      const shifted = emitter.op('Add', [logical(emitter, variance), emitter.scalar(varianceEpsilon)]);
      const inverse = emitter.op('Reciprocal', [emitter.op('Sqrt', [shifted])]);
      const slope = scale ? emitter.op('Mul', [inverse, logical(emitter, scale)]) : inverse;
      const moved = emitter.op('Mul', [logical(emitter, mean), slope]);
      const shift = offset
        ? emitter.op('Sub', [logical(emitter, offset), moved])
        : emitter.op('Neg', [moved]);
      return mapChannels(emitter, result, x, slope, shift);
    }
    const rank = result.shape.length;
    const operands = [x, mean, variance, ...(offset ? [offset] : []), ...(scale ? [scale] : [])];
    return elementwise(
      emitter,
      operands.map((o) => withRank(o, rank)),
      result,
      ([image, m, v, ...more]) => {
        const shift = hasOffset ? more.shift() : undefined;
        const factor = hasScale ? more.shift() : undefined;
        const deviation = emitter.op('Sqrt', [
          emitter.op('Add', [v as string, emitter.scalar(varianceEpsilon)]),
        ]);
        const inverse = emitter.op('Reciprocal', [deviation]);
        const slope = factor ? emitter.op('Mul', [inverse, factor]) : inverse;
        const centred = emitter.op('Sub', [image as string, m as string]);
        const scaled = emitter.op('Mul', [centred, slope]);
        return shift ? emitter.op('Add', [scaled, shift]) : scaled;
      },
    );
  },
};

const batchNorm: Kernel<FusedBatchNormInputs, FusedBatchNormAttrs> = ({ inputs, attrs, backend }) => {
  const { x, mean, variance } = inputs;
  const { offset, scale }: { offset?: TensorInfo | null; scale?: TensorInfo | null } = inputs;
  const { varianceEpsilon } = attrs;
  const optional = [offset, scale].filter((o) => o != null);
  return backend.record(
    operation,
    [x, mean, variance, ...optional],
    { varianceEpsilon: varianceEpsilon ?? 0.001, offset: offset != null, scale: scale != null },
    { shape: x.shape, dtype: 'float32' },
  );
};

export const batchNormConfig = kernelConfig(FusedBatchNorm, batchNorm);
