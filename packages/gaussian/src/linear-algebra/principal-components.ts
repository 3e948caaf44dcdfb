import { DataError, tf } from '@adfw/core';
import { symmetricEigen } from './symmetric-eigen.js';

export interface PrincipalComponents {
  /** `[D]`. */
  readonly mean: tf.Tensor1D;
  /** Orthonormal columns, that of the largest variance first: `[D, k]`. */
  readonly components: tf.Tensor2D;
  /** Of each component, over N − 1. */
  readonly variances: tf.Tensor1D;
}

/** Smaller variances, beside the largest, are rounding errors of single precision. */
const SMALLEST_VARIANCE = 1e-6;

/**
 * The directions in which vectors vary most.
 *
 * @param vectors `[N, D]`.
 * @param kept the share of the variance that the components have at least, or how many there are at most.
 * @throws DataError where all vectors are equal, which one always is.
 */
export async function principalComponents(
  vectors: tf.Tensor2D,
  kept: { readonly share: number } | { readonly count: number },
): Promise<PrincipalComponents> {
  const [count, dimensions] = vectors.shape;
  const mean = tf.mean<tf.Tensor1D>(vectors, 0);
  const centred = tf.sub(vectors, mean);
  // XᵀX and XXᵀ have the same eigenvalues, and the vectors of one give those of the other: the smaller of the two serves.
  const ofImages = count < dimensions;
  const product = tf.tidy(() => tf.matMul(centred, centred, !ofImages, ofImages));
  const { values, vectors: columns } = symmetricEigen(await product.data(), ofImages ? count : dimensions);
  product.dispose();

  const positive = values.filter((value) => value > SMALLEST_VARIANCE * (values[0] as number) && value > 0);
  const taken = positive.slice(0, 'count' in kept ? kept.count : countOfShare(positive, kept.share));
  if (taken.length === 0) {
    tf.dispose([mean, centred]);
    throw new DataError(
      `All ${count} images give the same features; what varies among nominal images shows only in several that differ.`,
    );
  }
  const size = values.length;
  const chosen = Float32Array.from(
    { length: size * taken.length },
    (_, at) => columns[Math.floor(at / taken.length) * size + (at % taken.length)] as number,
  );
  const components = tf.tidy(() => {
    const eigenvectors = tf.tensor2d(chosen, [size, taken.length]);
    if (!ofImages) return eigenvectors;
    // ‖Xᵀu‖ = √λ for a unit vector u.
    return tf.div(tf.matMul(centred, eigenvectors, true, false), tf.sqrt(tf.tensor1d(taken)));
  }) as tf.Tensor2D;
  centred.dispose();
  return { mean, components, variances: tf.tensor1d(taken.map((value) => value / (count - 1))) };
}

/** How many of the values, largest first, have this share of their sum. */
function countOfShare(values: readonly number[], share: number): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  const last = values.findIndex((value) => {
    sum += value;
    return sum >= share * total;
  });
  return last < 0 ? values.length : last + 1;
}
