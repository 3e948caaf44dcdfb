import { type DistillationLoss, type Part, tf } from '@adfw/core';
import { type Distance, type FeatureOptions, featureOptions, layerwiseLoss } from './layerwise-loss.js';

// The smallest squared length that is divided by: where teacher and student are equal there is no gradient.
const SMALLEST_SQUARED_LENGTH = 1e-24;

/**
 * Σ ‖t − s‖₂². The gradient, 2 (s − t), is written out, since each operation on whole feature maps costs a pass over them.
 */
export const squaredL2Distance: Distance = (teacher, student) =>
  tf.customGrad((s, save) => {
    const difference = tf.sub(s as tf.Tensor, teacher);
    (save as tf.GradSaveFunc)([difference]);
    return {
      value: tf.sum(tf.sum(tf.square(difference), -1)),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(saved as tf.Tensor, tf.mul(dy, 2)),
    };
  })(student) as tf.Scalar;

/** Σ ‖t − s‖₂, the lengths along the last axis. The gradient is (s − t) / ‖s − t‖₂, and 0 where they are equal. */
export const l2Distance: Distance = (teacher, student) =>
  tf.customGrad((s, save) => {
    const difference = tf.sub(s as tf.Tensor, teacher);
    const squaredLength = tf.sum(tf.square(difference), -1, true);
    (save as tf.GradSaveFunc)([difference, squaredLength]);
    return {
      value: tf.sum(tf.sqrt(squaredLength)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [vectors, squared] = saved as [tf.Tensor, tf.Tensor];
        return tf.mul(vectors, tf.mul(dy, tf.rsqrt(tf.maximum(squared, SMALLEST_SQUARED_LENGTH))));
      },
    };
  })(student) as tf.Scalar;

export interface L2Options extends FeatureOptions {
  /** Whether lengths are squared. */
  squared: boolean;
}

/**
 * Eq. 4.6 with the Euclidean distance: ‖Φₜ − Φₛ‖₂² at each position, the mean over positions, summed over layers. Eq. 4.6
 * leaves the norm open; `squared`, as in eqs. 4.8 and 4.12, is what distillation by regression minimises, and without it the
 * step does not get shorter as the student gets nearer. On standardised teacher features it is eq. 4.12. The squares of all
 * channels are summed: PyTorch's `mse_loss` is that divided by their number.
 */
export const l2Loss = ({ squared, ...options }: L2Options): DistillationLoss =>
  layerwiseLoss(squared ? squaredL2Distance : l2Distance, options);

export const l2LossPart: Part<'loss'> = {
  kind: 'loss',
  name: 'l2',
  summary: 'Squared Euclidean distance between feature vectors, summed over layers.',
  reference: 'thesis eq. 4.6; eq. 4.12 (Bergmann et al. 2020) on standardised features of the teacher',
  options: {
    ...featureOptions,
    squared: {
      type: 'boolean',
      default: true,
      description: 'Minimise the squared distance, as in eqs. 4.8 and 4.12, or the distance itself.',
    },
  },
  create: l2Loss,
};
