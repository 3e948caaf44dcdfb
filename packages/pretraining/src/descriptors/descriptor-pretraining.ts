/**
 * Trains a network that describes patches, the teacher of Uninformed Students (Bergmann et al. 2020, section 3.1; thesis 4.3.2): from
 * a large network's features, from triplets, and for compactness.
 */
import {
  type Backbone,
  imagenetNormalization,
  joined,
  networkState,
  type Pretraining,
  type Seen,
  tf,
  variablesState,
} from '@adfw/core';
import {
  createPatchDescriptors,
  describePatches,
  layerOf,
  type PatchSize,
  patchNetwork,
} from '@adfw/method-uninformed-students';
import { createVariables, initialValues, stateDictOf, type TensorSpec } from '@adfw/networks';
import { type CropTraining, cropStage } from '../crop-stage.js';
import { compactnessLoss } from './compactness-loss.js';
import { tripletLoss } from './triplet-loss.js';

export interface DescriptorOptions extends CropTraining {
  readonly patchSize: PatchSize;
  /** Channels of the network where the paper's has 128. */
  readonly width: number;
  readonly descriptorLength: number;
  readonly distillation?: {
    /** The large network, of which the last layer counts; frozen. Disposed with the pretraining. */
    readonly teacher: Backbone;
    /** Height and width, in pixels, that patches are resized to for it. */
    readonly size: number;
    /** λ_d of eq. 4.11. */
    readonly weight: number;
  };
  /** λ_m. A term without weight is not computed. */
  readonly tripletWeight: number;
  /** λ_c. */
  readonly compactnessWeight: number;
  /** α of eq. 4.9. */
  readonly margin: number;
  /** Decides what the network and the decoder begin with. */
  readonly seed: number;
}

/**
 * Minimises eq. 4.11: the distillation of eq. 4.8, ‖D(T(p)) − P(p)‖², where P(p) is the large network's last layer, averaged over its
 * positions, and D is a fully connected layer that is thrown away afterwards; {@link tripletLoss} and {@link compactnessLoss}.
 *
 * A batch is N patches p and N patches p⁺, of places up to (p − 1) / 4 pixels away. p⁻ is the patch p of the next image in the batch.
 */
export function descriptorPretraining(options: DescriptorOptions): Pretraining {
  const { patchSize, width, descriptorLength, tripletWeight, compactnessWeight, margin, seed } = options;
  const described = patchNetwork(patchSize, { width, descriptorLength });
  const layers = [layerOf(patchSize)];
  const student = createPatchDescriptors({ layers, width, descriptorLength, stride: 1, seed });
  const distillation = options.distillation && decoding(descriptorLength, options.distillation, seed);

  const network = {
    parameters: { ...student.parameters, ...distillation?.parameters },
    loss: ({ images }: Seen) =>
      tf.tidy(() => {
        const descriptors = describePatches(described, student.parameters, images);
        const [anchors, positives] = tf.split(descriptors, 2) as [tf.Tensor2D, tf.Tensor2D];
        return {
          ...(distillation && {
            distillation: distillation.loss(anchors, distillation.target(firstHalf(images))),
          }),
          ...(tripletWeight > 0 && {
            triplet: tf.mul<tf.Scalar>(
              tripletLoss(anchors, positives, rolled(anchors), margin),
              tripletWeight,
            ),
          }),
          ...(compactnessWeight > 0 && {
            compactness: tf.mul<tf.Scalar>(compactnessLoss(anchors), compactnessWeight),
          }),
        };
      }),
  };
  const learnt = joined({ network: networkState(student), decoder: distillation?.learnt ?? null });
  return {
    ...learnt,
    normalization: imagenetNormalization,
    stages: [
      cropStage(network, { size: patchSize, pairs: { shift: Math.floor((patchSize - 1) / 4) } }, options),
    ],
    weights: () => stateDictOf(student),
    dispose() {
      learnt.dispose();
      options.distillation?.teacher.dispose();
    },
  };
}

/** Eq. 4.8: the mean over patches of ‖D(T(p)) − P(p)‖², with D's variables and P. */
function decoding(
  descriptorLength: number,
  { teacher, size, weight }: NonNullable<DescriptorOptions['distillation']>,
  seed: number,
) {
  const layer = teacher.layers.at(-1) as string;
  const channels = teacher.channels[layer] as number;
  const tensors: TensorSpec[] = [
    { name: 'decoder.weight', role: 'matrix', shape: [descriptorLength, channels] },
    { name: 'decoder.bias', role: 'offset', shape: [channels] },
  ];
  const { parameters } = createVariables(tensors, (spec) => initialValues(spec, seed), { trainable: true });
  const matrix = parameters['decoder.weight'] as tf.Variable<tf.Rank.R2>;
  const bias = parameters['decoder.bias'] as tf.Variable<tf.Rank.R1>;
  return {
    parameters,
    /** P(p), `[N, 1, 1, channels]`. */
    target(patches: tf.Tensor4D): tf.Tensor4D {
      const resized = tf.image.resizeBilinear(patches, [size, size], false, true);
      return tf.mean(teacher.features(resized, 'eval')[layer] as tf.Tensor4D, [1, 2], true);
    },
    loss(descriptors: tf.Tensor2D, target: tf.Tensor4D): tf.Scalar {
      const decoded = tf.add(tf.matMul(descriptors, matrix), bias);
      const distances = tf.sum(tf.squaredDifference(decoded, tf.squeeze(target, [1, 2])), 1);
      return tf.mul(tf.mean(distances), weight);
    },
    learnt: variablesState(parameters),
  };
}

const firstHalf = (images: tf.Tensor4D): tf.Tensor4D => tf.split(images, 2)[0] as tf.Tensor4D;

/** Row n + 1 in place of row n, and the first in place of the last. */
function rolled(rows: tf.Tensor2D): tf.Tensor2D {
  const [count] = rows.shape;
  return tf.concat([tf.slice2d(rows, [1, 0], [count - 1, -1]), tf.slice2d(rows, [0, 0], [1, -1])]);
}
