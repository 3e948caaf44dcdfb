import { tf } from '@adfw/core';

/**
 * Metric learning, eq. 4.9, the mean over triplets: max(δ₊ − δ₋ + α, 0) with δ₊ = ‖T(p) − T(p⁺)‖². Bergmann et al. 2020 (eq. 2) take
 * for δ₋ the smaller one of ‖T(p) − T(p⁻)‖² and ‖T(p⁺) − T(p⁻)‖² (the anchor swap of Balntas et al. 2016); eq. 4.9 has the first
 * alone.
 *
 * @param anchors T(p), `[N, C]`.
 * @param positives T(p⁺), of the same places.
 * @param negatives T(p⁻), of other images.
 * @param margin α.
 * @returns a scalar, 0 or more.
 */
export const tripletLoss = (
  anchors: tf.Tensor2D,
  positives: tf.Tensor2D,
  negatives: tf.Tensor2D,
  margin: number,
): tf.Scalar =>
  tf.tidy(() => {
    const near = squaredDistance(anchors, positives);
    const far = tf.minimum(squaredDistance(anchors, negatives), squaredDistance(positives, negatives));
    return tf.mean(tf.relu(tf.add(tf.sub(near, far), margin))) as tf.Scalar;
  });

const squaredDistance = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor1D =>
  tf.sum(tf.squaredDifference(a, b), 1);
