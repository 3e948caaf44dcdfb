/** Square patches of images on a grid, and a map of what was found in each of them. */
import { ConfigurationError, type Random, type RgbImage, type Size, tf } from '@adfw/core';

export interface PatchGrid {
  /** Height and width of a patch, pixels. */
  readonly size: number;
  /** From one patch to the next, pixels; at most `size`. */
  readonly stride: number;
}

/** @throws ConfigurationError where images have no patch, or pixels no patch that they are in. */
export function checkPatchGrid({ size, stride }: PatchGrid, { height, width }: Size): void {
  const most = Math.min(height, width);
  if (size > most)
    throw new ConfigurationError(
      `Images of ${height}x${width} have no patch of ${size}x${size} pixels: give $.model.patches.size ${most} at most, or $.images.size a larger number.`,
    );
  if (stride > size)
    throw new ConfigurationError(
      `Patches of ${size}x${size} pixels that are ${stride} apart leave pixels out: give $.model.patches.stride ${size} at most.`,
    );
}

/** Where the patches begin along an axis: 0, stride, …, and the last one ends where the axis does. */
export function patchStarts(length: number, { size, stride }: PatchGrid): number[] {
  const last = length - size;
  return [...Array.from({ length: Math.ceil(last / stride) }, (_, index) => index * stride), last];
}

/** Rows and columns of patches. */
export const gridShape = ({ height, width }: Size, grid: PatchGrid): readonly [number, number] => [
  patchStarts(height, grid).length,
  patchStarts(width, grid).length,
];

/** @returns `[N · rows · columns, size, size, C]` of images `[N, H, W, C]`, image by image and row by row. */
export function imagePatches(images: tf.Tensor4D, grid: PatchGrid): tf.Tensor4D {
  const [count, height, width, channels] = images.shape;
  const [tops, lefts] = [patchStarts(height, grid), patchStarts(width, grid)];
  const { size } = grid;
  const pixels = (starts: readonly number[]) =>
    tf.tensor1d(
      starts.flatMap((start) => Array.from({ length: size }, (_, at) => start + at)),
      'int32',
    );
  return tf.tidy(() => {
    const rows = tf.gather(images, pixels(tops), 1);
    const both = tf.gather(rows, pixels(lefts), 2);
    const strips = tf.reshape(both, [count * tops.length, size, lefts.length, size * channels]);
    return tf.reshape(tf.transpose(strips, [0, 2, 1, 3]), [-1, size, size, channels]);
  });
}

/** How many patches of an image go through a network at once, or a row of them where that has more. */
const AT_ONCE = 192;

/**
 * {@link imagePatches} in several parts, of some rows of patches each, from the top: as many parts whatever N is.
 * @returns `[N · rows · columns, size, size, C]` each, with the rows of patches that it has.
 */
export function patchStrips(
  images: tf.Tensor4D,
  grid: PatchGrid,
): { readonly rows: number; readonly patches: () => tf.Tensor4D }[] {
  const [, height, width] = images.shape;
  const tops = patchStarts(height, grid);
  const rowsAtOnce = Math.max(1, Math.floor(AT_ONCE / patchStarts(width, grid).length));
  return Array.from({ length: Math.ceil(tops.length / rowsAtOnce) }, (_, strip) => {
    const own = tops.slice(strip * rowsAtOnce, (strip + 1) * rowsAtOnce);
    const [top, last] = [own[0], own.at(-1)] as [number, number];
    const patches = () =>
      tf.tidy(() => imagePatches(tf.slice(images, [0, top], [-1, last + grid.size - top]), grid));
    return { rows: own.length, patches };
  });
}

/**
 * Receptive field upsampling (Liznerski et al. 2021, algorithm 1) of values `[N, rows, columns]` of the patches to `[N, H, W]`: each
 * patch spreads its value over its pixels by a Gaussian about its centre, of the deviation that OpenCV gives a kernel of its size. Divided
 * by what ones give, so that a pixel's value is a weighted mean of those of the patches that it is in.
 */
export function patchMap(values: tf.Tensor3D, { height, width }: Size, grid: PatchGrid): tf.Tensor3D {
  return tf.tidy(() => {
    const across = tf.matMul(values, spreading(width, grid), false, true);
    return tf.matMul(spreading(height, grid), across) as tf.Tensor3D;
  });
}

/** `[1, length, patches]`: row i has the weights of the patches for the pixel i of an axis; they add up to 1. */
function spreading(length: number, grid: PatchGrid): tf.Tensor3D {
  const starts = patchStarts(length, grid);
  const centre = (grid.size - 1) / 2;
  const deviation = 0.3 * (centre - 1) + 0.8;
  const matrix = Array.from({ length }, (_, pixel) => {
    const weights = starts.map((start) =>
      pixel < start || pixel >= start + grid.size
        ? 0
        : Math.exp(-0.5 * ((pixel - start - centre) / deviation) ** 2),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  });
  return tf.tensor3d([matrix]);
}

/** A patch from anywhere in the image. */
export function randomPatch({ width, height, data }: RgbImage, random: Random, size: number): RgbImage {
  const [top, left] = [height, width].map((length) => Math.floor(random() * (length - size + 1))) as [
    number,
    number,
  ];
  const patch = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const from = 3 * ((top + row) * width + left);
    patch.set(data.subarray(from, from + 3 * size), 3 * row * size);
  }
  return { width: size, height: size, data: patch };
}
