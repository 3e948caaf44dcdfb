/** Losses that compare the teacher's feature vectors with the student's, position by position and layer by layer (eq. 4.6). */
import { type DistillationLoss, type JsonSchema, l2Normalize, tf } from '@adfw/core';
import { imageWeight, type Reduction, reductionOption } from './reduction.js';

/**
 * A distance of two tensors of one shape, summed over everything but the last axis: a scalar, differentiable in `student`.
 */
export type Distance = <T extends tf.Tensor>(teacher: T, student: T) => tf.Scalar;

export interface FeatureOptions {
  reduction: Reduction;
  /** Whether feature vectors are scaled to length 1 first (eq. 5.2). */
  normalize: boolean;
}

export const featureOptions: Readonly<Record<string, JsonSchema>> = {
  reduction: reductionOption,
  normalize: {
    type: 'boolean',
    default: false,
    description:
      'Scale feature vectors to length 1 first, so that their direction alone matters. Without it the default learning rate of 0.4 diverges: start at 0.001.',
  },
};

/** Eq. 4.6 summed over layers: of each layer the mean of `distance` over positions, then the sum or mean over images. */
export const layerwiseLoss =
  (distance: Distance, { reduction, normalize }: FeatureOptions): DistillationLoss =>
  (teacher, student) =>
    tf.tidy(() => {
      const prepare = normalize ? l2Normalize : (features: tf.Tensor4D) => features;
      const layers = Object.keys(teacher).map((layer) => {
        const features = teacher[layer] as tf.Tensor4D;
        const [images, height, width] = features.shape;
        const total = distance(prepare(features), prepare(student[layer] as tf.Tensor4D));
        return tf.mul(total, imageWeight(reduction, images) / (height * width));
      });
      return tf.addN(layers) as tf.Scalar;
    });
