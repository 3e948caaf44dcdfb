/** Square patches of images: on a grid, or from anywhere. */
import { gather, reshape, type Tensor4D, tensor1d, tidy, transpose } from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import { ConfigurationError } from '../contracts/errors.js';
import type { Size } from '../contracts/size.js';
import type { Random } from './named-random.js';

export interface PatchGrid {
  /** Height and width of a patch, pixels. */
  readonly size: number;
  /** From one patch to the next, pixels; at most `size`. */
  readonly stride: number;
}

/**
 * Of a model whose option `patches` has them.
 * @throws ConfigurationError where images have no patch, or pixels no patch that they are in.
 */
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
export const imagePatches = (images: Tensor4D, grid: PatchGrid): Tensor4D =>
  patchesAt(images, patchStarts(images.shape[1], grid), patchStarts(images.shape[2], grid), grid.size);

/** The same of the patches whose first row and column are given: of all combinations. */
export function patchesAt(
  images: Tensor4D,
  tops: readonly number[],
  lefts: readonly number[],
  size: number,
): Tensor4D {
  const [count, , , channels] = images.shape;
  const pixels = (starts: readonly number[]) =>
    tensor1d(
      starts.flatMap((start) => Array.from({ length: size }, (_, at) => start + at)),
      'int32',
    );
  return tidy(() => {
    const rows = gather(images, pixels(tops), 1);
    const both = gather(rows, pixels(lefts), 2);
    const strips = reshape(both, [count * tops.length, size, lefts.length, size * channels]);
    return reshape(transpose(strips, [0, 2, 1, 3]), [-1, size, size, channels]);
  });
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
