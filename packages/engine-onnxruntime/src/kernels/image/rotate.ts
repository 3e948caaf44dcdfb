import {
  backend_util,
  RotateWithOffset,
  type RotateWithOffsetAttrs,
  type RotateWithOffsetInputs,
} from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';

const OPAQUE = 255;

/** Turns images `[N, H, W, C]` about a point; each pixel is the nearest one of the source, or the fill value outside of it. */
const operation: Operation<RotateWithOffsetAttrs> = {
  name: RotateWithOffset,
  emit: ({ emitter, inputs: [image], attributes: { radians, fillValue, center }, outputs: [result] }) => {
    const [batch, height, width, channels] = image.shape as [number, number, number, number];
    const [centerX, centerY] = backend_util.getImageCenter(center, height, width);
    const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
    const sources = Array.from({ length: height * width }, (_, i) => {
      const [x, y] = [(i % width) - centerX, Math.floor(i / width) - centerY];
      const column = Math.round(x * cos - y * sin + centerX);
      const row = Math.round(x * sin + y * cos + centerY);
      const isInside = column >= 0 && column < width && row >= 0 && row < height;
      return isInside ? row * width + column : -1;
    });
    const pixels = emitter.reshape(logical(emitter, image), [batch, height * width, channels]);
    const indices = emitter.int64(sources.map((source) => Math.max(source, 0)));
    const rotated = emitter.op('Gather', [pixels, indices], { axis: 1 });
    const place = emitter.int32(sources, [height * width, 1]);
    const inside = emitter.op('GreaterOrEqual', [place, emitter.scalar(0, 'int32')]);
    // A fill value of several channels leaves the fourth one, opacity, full.
    const fills = Array.from({ length: channels }, (_, channel) =>
      typeof fillValue === 'number' ? fillValue : channel === 3 ? OPAQUE : (fillValue[channel] ?? 0),
    );
    const filled = emitter.op('Where', [inside, rotated, emitter.float32(fills, [channels])]);
    return operand(result, rowMajor(4), emitter.reshape(filled, result.shape));
  },
};

const rotateWithOffset: Kernel<RotateWithOffsetInputs, RotateWithOffsetAttrs> = ({
  inputs: { image },
  attrs: { radians, fillValue, center },
  backend,
}) =>
  backend.record(
    operation,
    [image],
    { radians, fillValue, center },
    { shape: image.shape, dtype: 'float32' },
  );

export const rotateConfig = kernelConfig(RotateWithOffset, rotateWithOffset);
