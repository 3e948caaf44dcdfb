import { tf } from '@adfw/core';

// The smallest squared length that is divided by: descriptors whose numbers are all equal correlate with none.
const SMALLEST_SQUARED_LENGTH = 1e-12;

/**
 * Compactness, eq. 4.10: Σ_{m≠n} c_mn, the sum of the correlations between the descriptors of any two patches of a batch, c_mn being
 * Pearson's over the numbers of two descriptors. Without squares, as in the equation, it is smallest, −N, where the standardised
 * descriptors of a batch add up to nothing; L2-Net (Tian et al. 2017), from which the idea comes, squares correlations, and between
 * the numbers of descriptors instead.
 *
 * With the standardised descriptors zₘ, of length 1, it is ‖Σ zₘ‖² − Σ ‖zₘ‖².
 *
 * @param descriptors `[N, C]`
 * @returns a scalar between −N and N (N − 1).
 */
export const compactnessLoss = (descriptors: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => {
    const centred = tf.sub(descriptors, tf.mean(descriptors, 1, true));
    const squaredLength = tf.sum(tf.square(centred), 1, true);
    const standardized = tf.mul(centred, tf.rsqrt(tf.maximum(squaredLength, SMALLEST_SQUARED_LENGTH)));
    const sum = tf.sum(standardized, 0);
    return tf.sub(tf.sum(tf.square(sum)), tf.sum(tf.square(standardized))) as tf.Scalar;
  });
