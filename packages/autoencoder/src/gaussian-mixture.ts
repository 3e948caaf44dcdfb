/** The Gaussian mixture of DAGMM (Zong et al. 2018, section 3.3), in tensor operations that have gradients. */
import { tf } from '@adfw/core';

/** K Gaussians of D numbers. */
export interface Mixture {
  /** φ, `[K]`: what part of the vectors each stands for. */
  readonly weights: tf.Tensor1D;
  /** μ, `[K, D]`. */
  readonly means: tf.Tensor2D;
  /** Σ, `[K, D, D]`. */
  readonly covariances: tf.Tensor3D;
}

/** Added to the diagonal of each covariance, which a code that hardly varies would leave singular. */
const LEAST_VARIANCE = 1e-6;
/** Against divisions by zero and the logarithm of zero, for a Gaussian that no vector is of. */
const LEAST_WEIGHT = 1e-12;

/**
 * The mixture of vectors (eq. 5), with 1e-6 added to the diagonal of each covariance.
 * @param vectors z, `[N, D]`.
 * @param memberships γ, `[N, K]`: to what part a vector is of each Gaussian; those of a vector add up to 1.
 */
export function mixtureOf(vectors: tf.Tensor2D, memberships: tf.Tensor2D): Mixture {
  return tf.tidy(() => {
    const [count, size] = vectors.shape;
    const sums = tf.add(tf.sum(memberships, 0), LEAST_WEIGHT);
    const perVector = tf.expandDims(tf.transpose(memberships), -1); // [K, N, 1]
    const means = tf.div<tf.Tensor2D>(
      tf.matMul(memberships, vectors, true, false),
      tf.reshape(sums, [-1, 1]),
    );
    const centred = centredAt(vectors, means);
    const products = tf.matMul(tf.mul(centred, perVector), centred, true, false);
    const covariances = tf.div<tf.Tensor3D>(products, tf.reshape(sums, [-1, 1, 1]));
    return {
      weights: tf.div<tf.Tensor1D>(sums, count),
      means,
      covariances: tf.add(covariances, tf.mul(tf.eye(size), LEAST_VARIANCE)),
    } as Record<keyof Mixture, tf.Tensor>;
  }) as unknown as Mixture;
}

/** z − μ of each Gaussian, `[K, N, D]`. */
const centredAt = (vectors: tf.Tensor2D, means: tf.Tensor2D): tf.Tensor3D =>
  tf.sub(tf.expandDims(vectors, 0), tf.expandDims(means, 1));

/**
 * E(z) = −log Σ_k φ_k N(z; μ_k, Σ_k), `[N]`: high where vectors are rare (eq. 6). The logarithm of the sum is that of exponentials from
 * which the largest is taken out, so that none vanishes.
 * @param vectors z, `[N, D]`.
 */
export function energies(vectors: tf.Tensor2D, { weights, means, covariances }: Mixture): tf.Tensor1D {
  return tf.tidy(() => {
    const { distances, logDeterminants } = eliminated(centredAt(vectors, means), covariances);
    const constant = vectors.shape[1] * Math.log(2 * Math.PI);
    const exponents = tf.mul(tf.add(distances, tf.add(logDeterminants, constant)), -0.5); // [K, N]
    const logWeights = tf.expandDims(tf.log(tf.add(weights, LEAST_WEIGHT)), -1);
    return tf.neg(tf.logSumExp(tf.add(exponents, logWeights), 0));
  });
}

/**
 * Cholesky's elimination without square roots, Σ = L diag(d) Lᵀ, of all Gaussians at once and column by column: what is left of the
 * covariances is their Schur complement, and what is left of the vectors has the part taken out that the column explains. Then
 * xᵀ Σ⁻¹ x = Σ_j y_j² / d_j with L y = x, and log |Σ| = Σ_j log d_j. It takes D steps, which have gradients.
 * @param vectors x, `[K, N, D]`.
 * @param covariances `[K, D, D]`, as {@link mixtureOf} gives them: then no d_j is below 1e-6, but for rounding.
 */
export function eliminated(
  vectors: tf.Tensor3D,
  covariances: tf.Tensor3D,
): { readonly distances: tf.Tensor2D; readonly logDeterminants: tf.Tensor2D } {
  const [gaussians, count, size] = vectors.shape;
  let [left, remaining] = [vectors, covariances];
  let distances = tf.zeros<tf.Rank.R3>([gaussians, count, 1]);
  let logDeterminants = tf.zeros<tf.Rank.R3>([gaussians, 1, 1]);
  for (let others = size - 1; others >= 0; others--) {
    const corner = tf.slice3d(remaining, [0, 0, 0], [gaussians, 1, 1]);
    const pivot = tf.add<tf.Tensor3D>(tf.relu(tf.sub(corner, LEAST_VARIANCE)), LEAST_VARIANCE);
    const first = tf.slice3d(left, [0, 0, 0], [gaussians, count, 1]);
    distances = tf.add(distances, tf.div(tf.square(first), pivot));
    logDeterminants = tf.add(logDeterminants, tf.log(pivot));
    if (others === 0) break;
    const column = tf.slice3d(remaining, [0, 1, 0], [gaussians, others, 1]);
    const row = tf.div<tf.Tensor3D>(tf.slice3d(remaining, [0, 0, 1], [gaussians, 1, others]), pivot);
    remaining = tf.sub(
      tf.slice3d(remaining, [0, 1, 1], [gaussians, others, others]),
      tf.mul<tf.Tensor3D>(column, row),
    );
    left = tf.sub(tf.slice3d(left, [0, 0, 1], [gaussians, count, others]), tf.mul<tf.Tensor3D>(first, row));
  }
  return {
    distances: tf.squeeze<tf.Tensor2D>(distances, [2]),
    logDeterminants: tf.squeeze<tf.Tensor2D>(logDeterminants, [2]),
  };
}

/** P(Σ) = Σ_k Σ_j 1 / Σ_kjj, which keeps covariances from becoming singular (section 3.4). */
export function diagonalPenalty(covariances: tf.Tensor3D): tf.Scalar {
  return tf.tidy(() => {
    const diagonals = tf.sum(tf.mul(covariances, tf.eye(covariances.shape[1])), -1);
    return tf.sum<tf.Scalar>(tf.reciprocal(diagonals));
  });
}
