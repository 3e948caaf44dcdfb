/** A large teacher's feature pyramid, distilled into a smaller network (Romero et al. 2015, "FitNets"), channel by channel. */
import {
  type Backbone,
  ConfigurationError,
  networkState,
  onBackbone,
  type Pretraining,
  type Seen,
  tf,
} from '@adfw/core';
import { stateDictOf } from '@adfw/networks';
import { type CropTraining, cropStage } from '../crop-stage.js';
import { evenlySpaced } from './weight-selection.js';

export interface PyramidOptions extends CropTraining {
  /** Frozen; disposed with the pretraining. */
  readonly teacher: Backbone;
  /** The network that is trained, with layers of the teacher's names and sizes, no wider; disposed with it. */
  readonly student: Backbone;
  readonly cropSize: number;
}

/**
 * Each channel of the student learns to be one of the teacher's: those at even distances, which {@link selectWeights} begins with.
 * The loss of a layer is the mean over images of Σ ‖s − t‖² / (Σ ‖t − t̄‖² + `FLOOR` · its mean over the batch), sums over
 * positions: the share of what varies within an image, about the image's mean t̄, that the student does not explain. An even surface
 * counts as much as a picture full of things: defects are small differences on even surfaces.
 *
 * Three things make a worse teacher. A distance relative to the length of the features, two thirds of whose square is that of their
 * mean: a network that gives little but the mean is then nearly right. Adapters, through which the student's channels could explain all of the teacher's linearly: such
 * a student learns features that are hardly ever 0, since that keeps more to explain with, and their direction is then nearly that
 * of their mean everywhere. And batch normalisation with the statistics of the batch: the teacher has fixed ones, so what it gives
 * for an image does not depend on the others. With fixed statistics the loss is after 150 steps what it else is after 2000, and it
 * is the loss of the network as it is used.
 *
 * @throws ConfigurationError where the student has more channels than the teacher.
 */
export function pyramidPretraining({ teacher, student, cropSize, ...training }: PyramidOptions): Pretraining {
  const chosen = Object.fromEntries(
    student.layers.map((layer) => {
      const [all, wanted] = [teacher.channels[layer] as number, student.channels[layer] as number];
      if (wanted > all)
        throw new ConfigurationError(
          `The network that is trained has ${wanted} channels in ${layer}, and the teacher only ${all}: make it narrower.`,
        );
      return [layer, evenlySpaced(wanted, all)];
    }),
  );
  const { parameters, statistics } = student;
  const network = {
    parameters,
    statistics,
    loss: ({ images, features }: Seen) =>
      tf.tidy(() =>
        Object.fromEntries(
          Object.entries(student.features(images, 'eval')).map(([layer, own]) => {
            const target = tf.gather(features[layer] as tf.Tensor4D, chosen[layer] as number[], -1);
            return [layer, unexplainedShare(own, target)];
          }),
        ),
      ),
  };
  return {
    ...onBackbone(teacher, networkState(student)),
    stages: [cropStage(network, { size: cropSize }, training)],
    weights: () => stateDictOf(student),
  };
}

/** Keeps images whose features hardly differ from place to place from deciding everything. */
const FLOOR = 0.1;

function unexplainedShare(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Scalar {
  const distance = tf.mean(tf.sum(tf.squaredDifference(student, teacher), -1), [1, 2]);
  const mean = tf.mean(teacher, [1, 2], true);
  const variance = tf.mean(tf.sum(tf.squaredDifference(teacher, mean), -1), [1, 2]);
  return tf.mean(tf.div(distance, tf.add(variance, tf.mul(tf.mean(variance), FLOOR))));
}
