import type { Emitter } from '../emit/emitter.js';
import type { Operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { compact } from '../emit/tensor-in-layout.js';
import { rowMajor } from '../layout.js';
import { blockedConv, blockedOperand, blockedTensor, timesEach } from './image.js';

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
  if (source.fusion?.withMap && !source.shared) return source.fusion.withMap(slope, offset);
  const channels = result.shape.at(-1) as number;
  const ones = () => timesEach(emitter, channels, 1);
  const factors = slope ? emitter.reshape(slope, [channels, 1, 1, 1]) : ones();
  const pass = (
    image: string,
    filter: string,
    also: { bias?: string | null; sum?: string; activation?: 'Relu' },
  ): string => blockedConv(emitter, image, filter, { kernel: [1, 1], group: channels, ...also });
  const mapped = blockedOperand(
    emitter,
    result,
    pass(blockedTensor(emitter, source), factors, { bias: offset }),
  );
  const withSum = (added: Operand, also: { activation?: 'Relu' }): Operand => {
    const [image, sum] = [blockedTensor(emitter, source), blockedTensor(emitter, added)];
    // A sum is written over, unless it is needed later: then ONNX Runtime would copy it first, on one thread.
    const name =
      added.lastUse > emitter.position
        ? pass(sum, ones(), { sum: blockedTensor(emitter, mapped), ...also })
        : pass(image, factors, { bias: offset, sum, ...also });
    return blockedOperand(emitter, result, name);
  };
  mapped.fusion = {
    perChannel: { source, slope, offset },
    withRelu: {
      dear: false,
      write: () =>
        blockedOperand(
          emitter,
          result,
          pass(blockedTensor(emitter, source), factors, { bias: offset, activation: 'Relu' }),
        ),
    },
    withSum: {
      dear: false,
      write(added) {
        const sum = withSum(added, {});
        sum.fusion = { withRelu: { dear: false, write: () => withSum(added, { activation: 'Relu' }) } };
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

/** a + b for whole images, written over one that nothing needs later; null where both are needed. */
export function addImages(emitter: Emitter, a: Operand, b: Operand, result: ResultSpec): Operand | null {
  if (a.lastUse <= emitter.position) return addedTo(emitter, a, b, 1, result);
  return b.lastUse <= emitter.position ? addedTo(emitter, b, a, 1, result) : null;
}

/** a - b, likewise. */
export const subtractImages = (
  emitter: Emitter,
  a: Operand,
  b: Operand,
  result: ResultSpec,
): Operand | null => (a.lastUse <= emitter.position ? addedTo(emitter, a, b, -1, result) : null);

function addedTo(
  emitter: Emitter,
  sum: Operand,
  image: Operand,
  factor: 1 | -1,
  result: ResultSpec,
): Operand {
  const channels = result.shape.at(-1) as number;
  const name = blockedConv(emitter, blockedTensor(emitter, image), timesEach(emitter, channels, factor), {
    kernel: [1, 1],
    group: channels,
    sum: blockedTensor(emitter, sum),
  });
  return blockedOperand(emitter, result, name);
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
