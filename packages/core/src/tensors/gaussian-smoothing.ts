import { matMul, type Tensor3D, tensor3d, tidy } from '@tensorflow/tfjs-core';

/** How many standard deviations of the Gaussian are kept on either side, as scipy.ndimage.gaussian_filter does. */
const TRUNCATE = 4;

/**
 * Maps `[N, H, W]` smoothed by a Gaussian, of the same shape; at the border they go on mirrored, the edge repeated, as in
 * scipy.ndimage.gaussian_filter. Written as two products with matrices, which know the border: every engine has them, and maps
 * may be smaller than the Gaussian.
 *
 * @param sigma standard deviation in pixels; of 0 they are given back as they are.
 */
export function gaussianSmoothing(maps: Tensor3D, sigma: number): Tensor3D {
  if (sigma === 0) return maps;
  const [, height, width] = maps.shape;
  return tidy(() => {
    const rows = matMul(maps, smoothingMatrix(width, sigma), false, true);
    return matMul(smoothingMatrix(height, sigma), rows) as Tensor3D;
  });
}

/** `[1, length, length]`: row i has the weights with which the values along an axis make the i-th smoothed one. */
function smoothingMatrix(length: number, sigma: number): Tensor3D {
  const radius = Math.round(TRUNCATE * sigma);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, tap) =>
    Math.exp(-0.5 * ((tap - radius) / sigma) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const matrix = new Float32Array(length * length);
  for (let row = 0; row < length; row++)
    for (const [tap, weight] of weights.entries()) {
      const column = mirrored(row + tap - radius, length);
      matrix[row * length + column] = (matrix[row * length + column] as number) + weight / sum;
    }
  return tensor3d(matrix, [1, length, length]);
}

/** Where a position beyond the ends of an axis lies on it: … 1 0 | 0 1 2 | 2 1 … */
function mirrored(position: number, length: number): number {
  const period = 2 * length;
  const inPeriod = ((position % period) + period) % period;
  return Math.min(inPeriod, period - 1 - inPeriod);
}
