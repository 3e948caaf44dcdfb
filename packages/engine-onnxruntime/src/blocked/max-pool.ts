import type { Emitter } from '../emit/emitter.js';
import type { Window } from '../emit/image-window.js';
import type { Operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { NCHWC } from '../onnx/onnx-model.js';
import {
  blockedConv,
  blockedOperand,
  blockedTensor,
  type ImageShape,
  imageShape,
  LARGEST,
  timesEach,
} from './image.js';

/** The pooling of ResNets, 3x3 with stride 2, along one axis after the other, and its gradient. */

/** Windows of three that start one pixel before each even one, and end inside the image. */
export const isThreeByTwo = ({ size, strides, before, after, channelsFirst }: Window): boolean =>
  !channelsFirst &&
  size.every((d) => d === 3) &&
  strides.every((s) => s === 2) &&
  before.every((p) => p === 1) &&
  after.every((p) => p === 0);

export function maxPool(emitter: Emitter, x: Operand, result: ResultSpec): Operand {
  // The gradient, which is there where x has other uses, needs the maxima of rows as well.
  const pooled = x.shared
    ? stages(emitter, x)[1]
    : pool(emitter, blockedTensor(emitter, x), [3, 3], [2, 2], [1, 1, 0, 0]);
  return blockedOperand(emitter, result, pooled);
}

const pool = (emitter: Emitter, image: string, kernel: number[], strides: number[], pads: number[]): string =>
  emitter.op('MaxPool', [image], { kernel_shape: kernel, strides, pads }, NCHWC);

/** The maxima of each row's windows, then of the columns of those. */
function stages(emitter: Emitter, x: Operand): [rows: string, pooled: string] {
  const rows = pool(emitter, blockedTensor(emitter, x), [1, 3], [1, 2], [0, 1, 0, 0]);
  return [rows, pool(emitter, rows, [3, 1], [2, 1], [1, 0, 0, 0])];
}

/**
 * The gradient of pooling: each window's gradient goes to one pixel that holds the maximum. Where several do, columns come
 * before rows, and along each the middle one before the last one before the first.
 */
export function maxPoolGradient(emitter: Emitter, dy: Operand, x: Operand, result: ResultSpec): Operand {
  const [n, c, h, w] = imageShape(x.shape);
  const { block } = emitter;
  const [rows, pooled] = stages(emitter, x);
  const blocks = (n * c) / block;
  const columnWise = halves(emitter, rows, [n, c, h, w / 2], pooled, blockedTensor(emitter, dy), true);
  const [evenRows, oddRows] = columnWise.map((half) =>
    emitter.reshape(half, [(blocks * h) / 2, (w / 2) * block]),
  );
  const gradient = emitter.op('Concat', [evenRows as string, oddRows as string], { axis: 1 });
  const rowWise = halves(
    emitter,
    blockedTensor(emitter, x),
    [n, c, h, w],
    rows,
    emitter.reshape(gradient, [n, c, h, w / 2]),
    false,
  );
  const [even, odd] = rowWise.map((half) => emitter.reshape(half, [(blocks * h * w) / 2, block]));
  const whole = emitter.op('Concat', [even as string, odd as string], { axis: 1 });
  return blockedOperand(emitter, result, emitter.reshape(whole, [n, c, h, w]));
}

/** Larger than any difference of activations is small. */
const STEEP = 2 ** 100;

/**
 * Along one axis, windows (2i - 1, 2i, 2i + 1): the gradients of the even and of the odd pixels. A window's gradient goes to
 * the first pixel if its maximum is above that of the other two, else to the second if it isn't below the third, else to the
 * third. The comparisons are differences, made steep and cut to 0 and 1 by the convolution's activation.
 */
function halves(
  emitter: Emitter,
  source: string,
  [, channels]: ImageShape,
  maxima: string,
  gradient: string,
  vertical: boolean,
): [even: string, odd: string] {
  const pair = (before: number, after: number): number[] =>
    vertical ? [before, 0, after, 0] : [0, before, 0, after];
  const kernel = vertical ? ([2, 1] as const) : ([1, 2] as const);
  const filter = (first: number, second: number) => {
    // Filters of single channels lie in blocks too: both taps of a block's channels one after another.
    const { block } = emitter;
    const taps = Float32Array.from({ length: channels * 2 }, (_, i) =>
      Math.floor(i / block) % 2 === 0 ? first : second,
    );
    return emitter.float32(taps, [channels, 1, ...kernel]);
  };
  const others = pool(emitter, source, [...kernel], [...kernel], [0, 0, 0, 0]);
  // Differences overwrite what nothing else needs.
  const minus = timesEach(emitter, channels, -1);
  const less = (image: string, sum: string, hardSigmoid?: readonly [number, number]): string =>
    blockedConv(emitter, image, minus, {
      kernel: [1, 1],
      group: channels,
      sum,
      ...(hardSigmoid && { activation: { hardSigmoid } }),
    });
  const firstWins = less(maxima, others, [-LARGEST, 0]);
  const toFirst = emitter.op('Mul', [gradient, firstWins]);
  const rest = less(toFirst, gradient);
  const secondWins = blockedConv(emitter, source, filter(STEEP, -STEEP), {
    kernel,
    strides: kernel,
    group: channels,
    activation: { hardSigmoid: [1, 1] },
  });
  const even = emitter.op('Mul', [rest, secondWins]);
  const toThird = less(even, rest);
  // The first pixel of window i + 1 is the third one of window i.
  const odd = blockedConv(emitter, toFirst, filter(0, 1), {
    kernel,
    pads: pair(0, 1),
    group: channels,
    sum: toThird,
  });
  return [even, odd];
}
