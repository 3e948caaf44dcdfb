/** Patches of images in parts, and a map of what was found in each. */
import { imagePatches, type PatchGrid, patchStarts, type Size, tf } from '@adfw/core';

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
