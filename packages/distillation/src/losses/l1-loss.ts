import { type DistillationLoss, type Part, tf } from '@adfw/core';
import { type Distance, type FeatureOptions, featureOptions, layerwiseLoss } from './layerwise-loss.js';

/**
 * Σ ‖t − s‖₁. The gradient is the sign of s − t, and 0 where they are equal, as in PyTorch; that of `tf.abs` is −1 there, and
 * after a ReLU many features of teacher and student are equal: 0.
 */
export const l1Distance: Distance = (teacher, student) =>
  tf.customGrad((s, save) => {
    const difference = tf.sub(s as tf.Tensor, teacher);
    (save as tf.GradSaveFunc)([difference]);
    return {
      value: tf.sum(tf.sum(tf.abs(difference), -1)),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(tf.sign(saved as tf.Tensor), dy),
    };
  })(student) as tf.Scalar;

/**
 * Eq. 4.6 with the L1 norm: ‖Φₜ − Φₛ‖₁ at each position, the sum over channels, the mean over positions, summed over layers.
 * PyTorch's `l1_loss` is that divided by the number of channels.
 */
export const l1Loss = (options: FeatureOptions): DistillationLoss => layerwiseLoss(l1Distance, options);

export const l1LossPart: Part<'loss'> = {
  kind: 'loss',
  name: 'l1',
  summary: 'Sum of absolute differences between feature vectors, summed over layers.',
  reference: 'thesis eq. 4.6',
  options: featureOptions,
  create: l1Loss,
};
