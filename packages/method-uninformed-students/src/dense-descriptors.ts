/**
 * Runs patch networks: on patches, and densely on whole images (Bailer et al. 2017, "Fast Feature Extraction with CNNs with Pooling
 * Layers"; thesis 4.3.1). Convolutions share their work between patches that overlap as they are. Pooling with a stride doesn't: a
 * patch that begins one pixel further has other windows. There are 2x2 kinds of patches for each pooling, by the place where their
 * windows begin; each kind's maps go on as an image of their own in the batch ("multi-pooling"), and in the end the kinds' descriptors
 * are put beside one another again ("unwarping").
 */
import { ConfigurationError, tf } from '@adfw/core';
import { layerOf, NEGATIVE_SLOPE, type PatchNetwork, type PatchSize } from './patch-network.js';

type Variables = Readonly<Record<string, tf.Variable>>;

/**
 * @param patches `[N, p, p, 3]`, standardised.
 * @returns a descriptor of each, `[N, descriptorLength]`.
 */
export function describePatches(
  network: PatchNetwork,
  variables: Variables,
  patches: tf.Tensor4D,
): tf.Tensor2D {
  return tf.tidy(() => {
    const x = convolve(network, variables, patches, { poolAt: () => pool, lastStride: 1 });
    return tf.reshape(x, [-1, network.descriptorLength]);
  });
}

/**
 * Descriptors of the patches around every pixel, or around every `stride`-th one in both directions, all in one pass. At position
 * (i, j) is the patch whose middle is pixel (i·stride + ⌊stride/2⌋, j·stride + ⌊stride/2⌋), or where that patch would reach beyond the
 * image, the nearest position's whose patch does not. So nothing is described that is not in the image, and every pixel of
 * it is seen, but for fewer than `stride` rows and columns at its borders.
 *
 * @param images `[N, H, W, 3]`, standardised.
 * @param stride a power of two. Where there are poolings, up to that power of work is saved after them.
 * @returns `[N, ⌈H / stride⌉, ⌈W / stride⌉, descriptorLength]`
 * @throws ConfigurationError where the image has no room for a patch.
 */
export function denseDescriptors(
  network: PatchNetwork,
  variables: Variables,
  images: tf.Tensor4D,
  stride: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = images.shape;
    const { patchSize, descriptorLength, convolutions } = network;
    const spanOf = (length: number) => insideSpan(length, stride, patchSize, [height, width]);
    const poolings = convolutions.filter(({ pooled }) => pooled).length;
    /** What poolings take of the stride; the last convolution takes the rest. */
    const pooledStride = Math.min(stride, 2 ** poolings);
    /** How many kinds of patches there are along an axis: positions are a multiple of it. */
    const kinds = 2 ** poolings / pooledStride;
    const spans = [spanOf(height), spanOf(width)] as const;
    const [rows, columns] = spans;

    let x = convolve(network, variables, covered(images, spans, stride, kinds, patchSize), {
      poolAt: (depth) => (2 ** depth < pooledStride ? pool : splitKinds),
      lastStride: stride / pooledStride,
    });
    for (let left = kinds; left > 1; left /= 2) x = joinKinds(x);
    const inside = cropped(x, [x.shape[0], rows.count, columns.count, descriptorLength]);
    return extended(extended(inside, 1, rows), 2, columns);
  });
}

interface Pass {
  /** The pooling after `depth` others. */
  readonly poolAt: (depth: number) => (x: tf.Tensor4D) => tf.Tensor4D;
  readonly lastStride: number;
}

function convolve(
  { convolutions }: PatchNetwork,
  variables: Variables,
  images: tf.Tensor4D,
  { poolAt, lastStride }: Pass,
): tf.Tensor4D {
  let x = images;
  let depth = 0;
  for (const { kernel, bias, pooled } of convolutions) {
    const isLast = kernel === convolutions.at(-1)?.kernel;
    const filter = variables[kernel.name] as tf.Variable<tf.Rank.R4>;
    const convolved = tf.conv2d(x, filter, isLast ? lastStride : 1, 'valid');
    const sum = tf.add(convolved, variables[bias.name] as tf.Variable) as tf.Tensor4D;
    x = isLast ? sum : tf.leakyRelu(sum, NEGATIVE_SLOPE);
    if (pooled) x = poolAt(depth++)(x);
  }
  return x;
}

const pool = (x: tf.Tensor4D): tf.Tensor4D => tf.maxPool(x, 2, 2, 'valid');

/** Pools at every position, and makes an image each of the positions that are even and odd in rows and columns. */
function splitKinds(x: tf.Tensor4D): tf.Tensor4D {
  const pooled = tf.maxPool(x, 2, 1, 'valid');
  const [n, height, width, channels] = pooled.shape;
  const even = [n, height - (height % 2), width - (width % 2), channels] as const;
  return tf.spaceToBatchND(cropped(pooled, even), [2, 2], noPadding);
}

const joinKinds = (x: tf.Tensor4D): tf.Tensor4D => tf.batchToSpaceND(x, [2, 2], noPadding);

const cropped = (x: tf.Tensor4D, size: readonly [number, number, number, number]): tf.Tensor4D =>
  x.shape.every((length, axis) => length === size[axis]) ? x : tf.slice4d(x, [0, 0, 0, 0], [...size]);

const noPadding = [
  [0, 0],
  [0, 0],
];

/** Which positions along an axis have patches that lie inside the image. */
interface Span {
  /** How many of them. */
  readonly count: number;
  /** Positions before the first, and after the last. */
  readonly before: number;
  readonly after: number;
  /** Where the first one's patch begins, in pixels. */
  readonly begin: number;
}

/** @throws ConfigurationError where there are none; `size` is the image's, for the message. */
function insideSpan(
  length: number,
  stride: number,
  patchSize: PatchSize,
  size: readonly [height: number, width: number],
): Span {
  const half = (patchSize - 1) / 2;
  const middle = Math.floor(stride / 2);
  const before = Math.max(0, Math.ceil((half - middle) / stride));
  const begin = before * stride + middle - half;
  const count = Math.floor((length - patchSize - begin) / stride) + 1;
  if (count < 1)
    throw new ConfigurationError(
      `Images of ${size.join('x')} pixels are too small for ${layerOf(patchSize)}, which at a stride of ${stride} needs ` +
        `${begin + patchSize} pixels in both directions: set a larger images.size, or leave "${layerOf(patchSize)}" out of layers.`,
    );
  return { count, before, after: Math.ceil(length / stride) - before - count, begin };
}

/** The part of the image that the patches of both spans see; behind it zeros, until positions are a multiple of their kinds. */
function covered(
  images: tf.Tensor4D,
  spans: readonly [Span, Span],
  stride: number,
  kinds: number,
  patchSize: number,
): tf.Tensor4D {
  const [n, height, width, channels] = images.shape;
  const [rows, columns] = spans.map(({ count, begin }, axis) => {
    const positions = Math.ceil(count / kinds) * kinds;
    const wanted = (positions - 1) * stride + patchSize;
    const taken = Math.min(wanted, ([height, width][axis] as number) - begin);
    return { begin, taken, padding: [0, wanted - taken] as [number, number] };
  }) as [Cut, Cut];
  const seen = tf.slice4d(
    images,
    [0, rows.begin, columns.begin, 0],
    [n, rows.taken, columns.taken, channels],
  );
  return tf.pad4d(seen, [[0, 0], rows.padding, columns.padding, [0, 0]]);
}

interface Cut {
  readonly begin: number;
  readonly taken: number;
  readonly padding: [number, number];
}

/** Repeats the first and the last position along an axis for those that have no patch of their own. */
function extended(x: tf.Tensor4D, axis: 1 | 2, { before, after }: Span): tf.Tensor4D {
  const repeated = (position: number, times: number): tf.Tensor4D[] => {
    const begin = [0, 0, 0, 0];
    begin[axis] = position;
    const size = [...x.shape];
    size[axis] = 1;
    return times === 0 ? [] : Array(times).fill(tf.slice(x, begin, size));
  };
  return tf.concat([...repeated(0, before), x, ...repeated(x.shape[axis] - 1, after)], axis);
}
