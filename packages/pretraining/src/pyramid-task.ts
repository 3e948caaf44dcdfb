/**
 * A large teacher's feature pyramid, distilled into a smaller network (Hinton et al. 2015, "Distilling the Knowledge in a Neural
 * Network"; of inner layers: Romero et al. 2015, "FitNets", with their adapters).
 */
import { stateDictOf } from '@adfw/backbone-resnet';
import { type Backbone, tf, withAdapter, withStandardizedFeatures } from '@adfw/core';
import type { PretrainingTask } from './task.js';

export interface PyramidTaskOptions {
  /** Frozen; the task disposes it. */
  readonly teacher: Backbone;
  /** The network that is trained, with layers of the teacher's names and sizes; the task disposes it. */
  readonly student: Backbone;
  readonly cropSize: number;
  /** Decides what the adapters begin with. */
  readonly seed: number;
}

/**
 * The student's layers, each through a 1x1 convolution that is thrown away afterwards, are to give the teacher's standardised
 * features: the loss of a layer is the mean squared difference. As each of the teacher's channels has variance 1, it is the share
 * of their variance that the student's features do not explain linearly, whatever their scale in the teacher.
 *
 * The convolutions see the student's features with mean 0 and variance 1 in each channel of the batch. Otherwise their weights
 * would have to make up for the ratio of two networks' scales, to which an optimizer's steps of one size take long.
 */
export function pyramidTask({ teacher, student, cropSize, seed }: PyramidTaskOptions): PretrainingTask {
  const large = withStandardizedFeatures(teacher);
  const small = withAdapter(normalized(student), teacher.channels, seed);
  return {
    parameters: small.parameters,
    statistics: small.statistics,
    cropSize,
    fit: (batches) => (large.fit as NonNullable<Backbone['fit']>)(batches),
    targets: (images) => large.features(images, 'eval'),
    loss: (images, targets) =>
      Object.fromEntries(
        Object.entries(small.features(images, 'train')).map(([layer, features]) => [
          layer,
          tf.mean(tf.squaredDifference(features, targets[layer] as tf.Tensor4D)) as tf.Scalar,
        ]),
      ),
    weights: () => stateDictOf(student),
    dispose() {
      large.dispose();
      small.dispose();
    },
  };
}

const EPSILON = 1e-5;

/** The network with each channel of its layers standardised over the batch. */
const normalized = (network: Backbone): Backbone => ({
  ...network,
  features: (images, mode) =>
    tf.tidy(() =>
      Object.fromEntries(
        Object.entries(network.features(images, mode)).map(([layer, features]) => {
          const { mean, variance } = tf.moments(features, [0, 1, 2]);
          return [layer, tf.mul(tf.sub(features, mean), tf.rsqrt(tf.add(variance, EPSILON))) as tf.Tensor4D];
        }),
      ),
    ),
});
