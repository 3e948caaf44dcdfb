import { Multiply, Square, Sub } from '@tensorflow/tfjs-core';
import type { Emitter } from '../emit/emitter.js';
import type { Operand } from '../emit/operand.js';
import { NCHWC } from '../onnx/onnx-model.js';
import { blockedConv, blockedTensor, imageShape } from './image.js';
import { channelVector, isFullImage } from './per-channel.js';

/** Sums of blocked images. */

/**
 * The sum of each channel over batch and positions, `[C]`. A sum of products is read off a convolution of each channel with
 * the other tensor as its filter, which needs no tensor of products.
 */
export function channelSums(emitter: Emitter, x: Operand): string {
  const factors = factorsOf(x);
  if (!factors) return sumOver(emitter, x);
  const [a, b] = factors;
  // Σ a (b - m) = Σ a b - m Σ a for a vector m, of which the difference needs not be computed. A square is left as it
  // is: the difference of the two sums would cost a variance its digits.
  for (const [p, q] of a === b
    ? []
    : ([
        [a, b],
        [b, a],
      ] as const)) {
    const centred = centre(emitter, q);
    if (centred) {
      const shift = emitter.op('Mul', [centred.vector, sumOver(emitter, p)]);
      return emitter.op('Sub', [dotOver(emitter, p, centred.image), shift]);
    }
  }
  return dotOver(emitter, a, b);
}

/** The two images whose product x is, unless something else needs the product. */
function factorsOf(x: Operand): readonly [Operand, Operand] | null {
  if (x.shared) return null;
  const { node, inputs } = x.origin ?? {};
  const [a, b = a] = inputs ?? [];
  if (!a || !b || !isFullImage(a, x) || !isFullImage(b, x)) return null;
  const name = node?.operation.name;
  return name === Multiply || name === Square ? [a, b] : null;
}

/** The image and the vector whose difference x is. */
function centre(emitter: Emitter, x: Operand): { image: Operand; vector: string } | null {
  const [image, other] = x.origin?.inputs ?? [];
  if (x.origin?.node.operation.name !== Sub || !image || !other || !isFullImage(image, x)) return null;
  const vector = channelVector(emitter, other, x.shape[3] as number);
  return vector ? { image, vector } : null;
}

function sumOver(emitter: Emitter, x: Operand): string {
  const [n, c, h, w] = imageShape(x.shape);
  const { block } = emitter;
  const planes = emitter.reshape(blockedTensor(emitter, x), [(n * c) / block, h * w, block]);
  return overBatch(emitter, emitter.reduce('ReduceSum', planes, [1]), n, c);
}

function dotOver(emitter: Emitter, a: Operand, b: Operand): string {
  const [n, c, h, w] = imageShape(a.shape);
  const images = emitter.reshape(blockedTensor(emitter, a), [1, n * c, h, w]);
  const filters = emitter.reshape(blockedTensor(emitter, b), [n * c, 1, h, w]);
  const products = blockedConv(emitter, images, filters, { kernel: [h, w], group: n * c });
  return overBatch(emitter, products, n, c);
}

const overBatch = (emitter: Emitter, perImage: string, n: number, c: number): string =>
  emitter.reduce('ReduceSum', emitter.reshape(perImage, [n, c]), [0]);

/** The sum over channels at each position, `[N, H, W]`. */
export function positionSums(emitter: Emitter, x: Operand): string {
  const [n, c, h, w] = imageShape(x.shape);
  const { block } = emitter;
  // A convolution with ones gives a block of equal channels, of which one is read off.
  const ones = emitter.float32(new Array(block * c).fill(1), [block, c, 1, 1]);
  const sums = blockedConv(emitter, blockedTensor(emitter, x), ones, { kernel: [1, 1] });
  const first = emitter.op('ReorderOutput', [sums], { channels: 1, channels_last: 0 }, NCHWC);
  return emitter.reshape(first, [n, h, w]);
}
