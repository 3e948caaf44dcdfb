import { type DistillationLoss, type FeaturePyramid, tf } from '@adfw/core';

/**
 * Deep mutual learning, the online kind of distillation (thesis 4.2; Zhang et al. 2018, eq. 8): the mean of a student's losses towards what each
 * of its K − 1 peers gives, 1/(K−1) Σ L(Φₗ, Φₛ), differentiable in the student alone. There it is the divergence of class
 * probabilities; here, where there are no classes, the loss of features that the student has towards the teacher.
 * @param peers one at least, the features of the same images.
 */
export const mutualLoss = (
  loss: DistillationLoss,
  peers: readonly FeaturePyramid[],
  student: FeaturePyramid,
): tf.Scalar =>
  tf.tidy(() => {
    const losses = peers.map((peer) => loss(peer, student));
    return tf.div(tf.addN(losses), losses.length) as tf.Scalar;
  });
