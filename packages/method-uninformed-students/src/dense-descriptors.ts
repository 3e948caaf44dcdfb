/**
 * Runs patch networks: on patches, and densely on whole images (Bailer et al. 2017, "Fast Feature Extraction with CNNs with Pooling
 * Layers"; thesis 4.3.1). Convolutions share their work between patches that overlap as they are. Pooling with a stride doesn't: a
 * patch that begins one pixel further has other windows. There are 2x2 kinds of patches for each pooling, by the place where their
 * windows begin; each kind's maps go on as an image of their own in the batch ("multi-pooling"), and in the end the kinds' descriptors
 * are put beside one another again ("unwarping").
 */
import { ConfigurationError, tf } from '@adfw/core';
import { layerOf, NEGATIVE_SLOPE, type PatchNetwork } from './patch-network.js';

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
 * (i, j) is the patch whose middle is pixel (i·stride + ⌊stride/2⌋, j·stride + ⌊stride/2⌋). Beyond its borders the image is mirrored.
 *
 * @param images `[N, H, W, 3]`, standardised.
 * @param stride a power of two. Where there are poolings, up to that power of work is saved after them.
 * @returns `[N, ⌈H / stride⌉, ⌈W / stride⌉, descriptorLength]`
 * @throws ConfigurationError where the image is too small to be mirrored as far as a patch reaches.
 */
export function denseDescriptors(
  network: PatchNetwork,
  variables: Variables,
  images: tf.Tensor4D,
  stride: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = images.shape;
    const poolings = network.convolutions.filter(({ pooled }) => pooled).length;
    /** What poolings take of the stride; the last convolution takes the rest. */
    const pooledStride = Math.min(stride, 2 ** poolings);
    /** How many kinds of patches there are along an axis: positions are a multiple of it. */
    const kinds = 2 ** poolings / pooledStride;
    const rows = Math.ceil(height / stride);
    const columns = Math.ceil(width / stride);

    let x = convolve(network, variables, padded(network, images, stride, kinds), {
      poolAt: (depth) => (2 ** depth < pooledStride ? pool : splitKinds),
      lastStride: stride / pooledStride,
    });
    for (let left = kinds; left > 1; left /= 2) x = joinKinds(x);
    return cropped(x, [x.shape[0], rows, columns, network.descriptorLength]);
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

/** The image with as much around it as its patches reach, mirrored without its border pixel, and as many positions as there are kinds. */
function padded(
  { patchSize }: PatchNetwork,
  images: tf.Tensor4D,
  stride: number,
  kinds: number,
): tf.Tensor4D {
  const before = (patchSize - 1) / 2 - Math.floor(stride / 2);
  const [, ...size] = images.shape;
  const around = size.slice(0, 2).map((length) => {
    const positions = Math.ceil(length / stride / kinds) * kinds;
    const reach = (positions - 1) * stride + patchSize;
    return [before, reach - before - length] as [number, number];
  });
  const most = Math.max(...around.flat());
  if (Math.min(...size.slice(0, 2)) <= most)
    throw new ConfigurationError(
      `Images of ${size[0]}x${size[1]} pixels are too small for ${layerOf(patchSize)}, whose patches reach up to ${most} pixels ` +
        `beyond them: set a larger dataset.imageSize, or leave "${layerOf(patchSize)}" out of layers.`,
    );
  return tf.mirrorPad(images, [[0, 0], ...around, [0, 0]], 'reflect');
}
