import type { Emitter } from '../emitter.js';
import type { ResultSpec } from '../graph.js';
import { rowMajor } from '../layout.js';
import { compact, type Operand } from '../operand.js';
import { blockedConv, blockedOperand, blockedTensor } from './image.js';

/**
 * Maps x · slope + offset with one slope and offset a channel, which batch normalisation is made of: each is one pass over the
 * data, as a convolution of every channel with one number, and what follows (a sum, a ReLU) goes into the same pass.
 */

/** The `[C]` tensor of an operand that differs only between channels; null for any other. */
export function channelVector(emitter: Emitter, of: Operand, channels: number): string | null {
  const axis = of.shape.length - 1;
  if (axis < 0 || of.dtype !== 'float32' || of.extent[axis] !== channels) return null;
  if (of.extent.some((d, i) => i !== axis && d !== 1)) return null;
  const name = compact(emitter, of, rowMajor(of.shape.length));
  return axis === 0 ? name : emitter.reshape(name, [channels]);
}

export function mapChannels(
  emitter: Emitter,
  result: ResultSpec,
  source: Operand,
  slope: string | null,
  offset: string | null,
): Operand {
  const channels = result.shape.at(-1) as number;
  const factors = slope
    ? emitter.reshape(slope, [channels, 1, 1, 1])
    : emitter.float32(new Array(channels).fill(1), [channels, 1, 1, 1]);
  const write = (sum: string | null, activation?: 'Relu') =>
    blockedOperand(
      emitter,
      result,
      blockedConv(emitter, blockedTensor(emitter, source), factors, {
        kernel: [1, 1],
        group: channels,
        bias: offset,
        sum,
        ...(activation && { activation }),
      }),
    );
  const mapped = write(null);
  mapped.fusion = {
    perChannel: { source, slope, offset },
    withRelu: () => write(null, 'Relu'),
    withSum: {
      dear: false,
      write: (_, added) => {
        const tensor = blockedTensor(emitter, added);
        const sum = write(tensor);
        sum.fusion = { withRelu: () => write(tensor, 'Relu') };
        return sum;
      },
    },
  };
  return mapped;
}

/** x · factor, where one of the two differs only between channels; null where neither does. */
export function multiplyChannels(
  emitter: Emitter,
  a: Operand,
  b: Operand,
  result: ResultSpec,
): Operand | null {
  const found = imageAndVector(emitter, a, b, result);
  if (!found) return null;
  const { source, slope, offset } = mapOf(found.image);
  const times = (name: string) => emitter.op('Mul', [name, found.vector]);
  return mapChannels(emitter, result, source, slope ? times(slope) : found.vector, offset && times(offset));
}

/** x + term, likewise. */
export function addChannels(emitter: Emitter, a: Operand, b: Operand, result: ResultSpec): Operand | null {
  const found = imageAndVector(emitter, a, b, result);
  if (!found) return null;
  const { source, slope, offset } = mapOf(found.image);
  const sum = offset ? emitter.op('Add', [offset, found.vector]) : found.vector;
  return mapChannels(emitter, result, source, slope, sum);
}

/** x - term, likewise. */
export function subtractChannels(
  emitter: Emitter,
  a: Operand,
  b: Operand,
  result: ResultSpec,
): Operand | null {
  const found = imageAndVector(emitter, a, b, result);
  if (!found || found.image !== a) return null;
  const { source, slope, offset } = mapOf(a);
  const negative = emitter.op('Neg', [found.vector]);
  return mapChannels(
    emitter,
    result,
    source,
    slope,
    offset ? emitter.op('Add', [offset, negative]) : negative,
  );
}

const mapOf = (image: Operand) => image.fusion?.perChannel ?? { source: image, slope: null, offset: null };

function imageAndVector(emitter: Emitter, a: Operand, b: Operand, result: ResultSpec) {
  const channels = result.shape.at(-1) as number;
  for (const [image, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (!isFullImage(image, result)) continue;
    const vector = channelVector(emitter, other, channels);
    if (vector) return { image, vector };
  }
  return null;
}

/** An image of the result's shape with every element its own. */
export const isFullImage = (x: Operand, { shape }: { shape: readonly number[] }): boolean =>
  x.shape.length === 4 && x.dtype === 'float32' && x.extent.every((d, i) => d === shape[i]);
