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
  const gamma = asked === 'scale' ? 1 / (dimensions * ((await variance(vectors)) || 1)) : asked;
  const products = tf.tidy(() => similarities(vectors, vectors, kernel, tf.scalar(gamma)));
  const matrix = Float64Array.from(await products.data());
  products.dispose();
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
    const ofSupports = similarities(vectors, supports, kernel, gamma);
    const sum = tf.squeeze<tf.Tensor1D>(tf.matMul(ofSupports, tf.expandDims(weights, 1) as tf.Tensor2D), [1]);
    if (boundary === 'hyperplane') return tf.sub(offset, sum);
    const own = kernel === 'rbf' ? 1 : tf.sum(tf.square(vectors), 1);
    return tf.add(tf.sub(own, tf.mul(sum, 2)), offset);
  });

/** K of each vector of one list and each of the other: `[N, M]`. */
const similarities = (
  vectors: tf.Tensor2D,
  others: tf.Tensor2D,
  kernel: OneClassSvmOptions['kernel'],
  gamma: tf.Tensor,
): tf.Tensor2D =>
  kernel === 'rbf'
    ? tf.exp(tf.neg(tf.mul<tf.Tensor2D>(squaredDistances(vectors, others), gamma)))
    : tf.matMul(vectors, others, false, true);

/** Of all elements. */
async function variance(vectors: tf.Tensor2D): Promise<number> {
  const found = tf.tidy(() => tf.moments(vectors).variance);
  const [value] = await found.data();
  found.dispose();
  return value as number;
}
