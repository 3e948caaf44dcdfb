/** A Gaussian of vectors that may have more dimensions than there are vectors, and how far others are from it. */
import {
  matMul,
  mean,
  sqrt,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import { DataError } from '../contracts/errors.js';
import { ledoitWolf } from './ledoit-wolf.js';
import { whitening } from './whitening.js';

export interface ShrunkGaussian {
  /** μ, `[D]`. */
  readonly mean: Tensor1D;
  /** V with Σ⁻¹ = V Vᵀ, `[D, D]`. */
  readonly whitening: Tensor2D;
}

/**
 * Mean and covariance, shrunk by {@link ledoitWolf}.
 * @param vectors `[N, D]`.
 * @throws DataError where all are equal.
 */
export async function shrunkGaussian(vectors: Tensor2D): Promise<ShrunkGaussian> {
  const [count, size] = vectors.shape;
  const centre = mean<Tensor1D>(vectors, 0);
  const centred = sub(vectors, centre);
  const products = tidy(() => matMul(centred, centred, true, false));
  const { covariance } = ledoitWolf(await centred.data(), await products.data(), count, size);
  centred.dispose();
  products.dispose();
  if (covariance[0] === 0) {
    centre.dispose();
    throw new DataError(`All ${count} images give the same features: they have no covariance.`);
  }
  return { mean: centre, whitening: tensor2d(Float32Array.from(whitening(covariance, size)), [size, size]) };
}

/** √((x − μ)ᵀ Σ⁻¹ (x − μ)), the Mahalanobis distance, of vectors `[N, D]`: `[N]`. */
export const gaussianDistances = (vectors: Tensor2D, { mean, whitening }: ShrunkGaussian): Tensor1D =>
  tidy(() => sqrt(sum<Tensor1D>(square(matMul(sub(vectors, mean), whitening)), 1)));
