/** One-class support vector machine (Schölkopf et al. 2001) and support vector data description (Tax and Duin 2004). */
import { tf } from '@adfw/core';
import { solveQuadratic } from './linear-algebra/quadratic-program.js';
import { squaredDistances } from './linear-algebra/squared-distances.js';

export interface OneClassSvmOptions {
  /**
   * What nominal images are separated by, in the space of the kernel: a `hyperplane` from the origin (one-class SVM), or a `sphere`
   * around them (SVDD). With the kernel `rbf` both give the same ranking.
   */
  readonly boundary: 'hyperplane' | 'sphere';
  readonly kernel: 'rbf' | 'linear';
  /** ν: at most this share of the images is outside of the boundary, and at least this share supports it. */
  readonly nu: number;
  /** γ in exp(−γ‖x − y‖²); `scale` is 1 / (D · variance of all elements), as in scikit-learn. */
  readonly gamma: 'scale' | number;
}

export interface OneClassSvm {
  /** The support vectors, `[S, D]`. */
  readonly supports: tf.Tensor2D;
  /** αᵢ of each, which add up to 1, `[S]`. */
  readonly weights: tf.Tensor1D;
  /** ρ of the hyperplane; λ = αᵀKα − R² of the sphere. `[1]`. */
  readonly offset: tf.Tensor1D;
  /** γ, `[1]`. */
  readonly gamma: tf.Tensor1D;
}

/**
 * Hyperplane: min ½ αᵀKα; sphere: min αᵀKα − Σ αᵢKᵢᵢ; both over Σ αᵢ = 1, 0 ≤ αᵢ ≤ 1/(νN).
 * @param vectors `[N, D]`.
 */
export async function fitOneClassSvm(
  vectors: tf.Tensor2D,
  { boundary, kernel, nu, gamma: asked }: OneClassSvmOptions,
): Promise<OneClassSvm> {
  const [count, dimensions] = vectors.shape;
  const values = Float64Array.from(await vectors.data());
  const gamma = asked === 'scale' ? 1 / (dimensions * (variance(values) || 1)) : asked;
  const matrix = kernelMatrix(values, count, dimensions, kernel === 'rbf' ? gamma : null);
  const isSphere = boundary === 'sphere';
  const linear = Float64Array.from({ length: count }, (_, i) =>
    isSphere ? -(matrix[i * count + i] as number) : 0,
  );
  const { alphas, margin } = solveQuadratic({
    matrix: isSphere ? matrix.map((value) => 2 * value) : matrix,
    linear,
    bound: 1 / Math.max(1, nu * count),
  });
  const chosen = [...alphas.keys()].filter((i) => (alphas[i] as number) > 0);
  return {
    supports: tf.tidy(() => tf.gather(vectors, tf.tensor1d(chosen, 'int32'))),
    weights: tf.tensor1d(chosen.map((i) => alphas[i] as number)),
    offset: tf.tensor1d([margin]),
    gamma: tf.tensor1d([gamma]),
  };
}

/**
 * How far outside of the boundary images are; below 0 inside. Hyperplane: ρ − Σ αᵢ K(xᵢ, x). Sphere: ‖φ(x) − a‖² − R² =
 * K(x, x) − 2 Σ αᵢ K(xᵢ, x) + αᵀKα − R².
 * @param vectors `[N, D]`.
 * @returns `[N]`.
 */
export const outsideBoundary = (
  vectors: tf.Tensor2D,
  { supports, weights, offset, gamma }: OneClassSvm,
  { boundary, kernel }: Pick<OneClassSvmOptions, 'boundary' | 'kernel'>,
): tf.Tensor1D =>
  tf.tidy(() => {
    const similarities =
      kernel === 'rbf'
        ? tf.exp(tf.neg(tf.mul(squaredDistances(vectors, supports), gamma)))
        : tf.matMul(vectors, supports, false, true);
    const sum = tf.squeeze<tf.Tensor1D>(
      tf.matMul(similarities as tf.Tensor2D, tf.expandDims(weights, 1) as tf.Tensor2D),
      [1],
    );
    if (boundary === 'hyperplane') return tf.sub(offset, sum);
    const own = kernel === 'rbf' ? 1 : tf.sum(tf.square(vectors), 1);
    return tf.add(tf.sub(own, tf.mul(sum, 2)), offset);
  });

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** @param gamma null for the linear kernel. */
function kernelMatrix(values: Float64Array, count: number, size: number, gamma: number | null): Float64Array {
  const matrix = new Float64Array(count * count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) {
        const [x, y] = [values[i * size + k] as number, values[j * size + k] as number];
        sum += gamma === null ? x * y : (x - y) * (x - y);
      }
      const value = gamma === null ? sum : Math.exp(-gamma * sum);
      matrix[i * count + j] = value;
      matrix[j * count + i] = value;
    }
  return matrix;
}
