/** Relation-based distillation: the student learns how the teacher's layers relate, not what they hold at each position. */
import { ConfigurationError, type DistillationLoss, l2Normalize, type Part, tf } from '@adfw/core';
import { areaResize } from './area-resize.js';
import { l1Distance } from './l1-loss.js';
import { squaredL2Distance } from './l2-loss.js';
import type { FeatureOptions } from './layerwise-loss.js';
import { imageWeight, reductionOption } from './reduction.js';

/** Each layer with itself; each with the next; or each with itself and with all others. */
export type LayerPairs = 'within' | 'adjacent' | 'all';

export interface RelationOptions extends FeatureOptions {
  pairs: LayerPairs;
  norm: 'l1' | 'l2';
}

/**
 * Ψ of eq. 4.7, the Gram matrix of two layers: element (a, b) is the mean over positions of Φⱼ's channel a times Φₖ's channel
 * b. With j = k that of Gatys et al. 2016, with j ≠ k the FSP matrix of Yim et al. 2017. Where sizes differ, maps are brought
 * to the smaller size by the mean over areas.
 * @param first `[N, Hj, Wj, Cj]`, @param second `[N, Hk, Wk, Ck]`
 * @returns `[N, Cj, Ck]`, differentiable in both.
 */
export function gramMatrix(first: tf.Tensor4D, second: tf.Tensor4D): tf.Tensor3D {
  const height = Math.min(first.shape[1], second.shape[1]);
  const width = Math.min(first.shape[2], second.shape[2]);
  return tf.tidy(() => {
    const [a, b] = [first, second].map((features) => {
      const [images, , , channels] = features.shape;
      return tf.reshape(areaResize(features, [height, width]), [images, height * width, channels]);
    }) as [tf.Tensor3D, tf.Tensor3D];
    return tf.mul(tf.matMul(a, b, true), 1 / (height * width)) as tf.Tensor3D;
  });
}

/**
 * Eq. 4.7 summed over pairs of layers: the distance between the Gram matrices of the teacher's layers j and k and of the
 * student's, as the sum over their elements of squared (`l2`) or absolute (`l1`) differences; then the sum or mean over images.
 * Eq. 4.7 leaves the norm open; `l2` is that of Yim et al. and Gatys et al. They do not scale feature vectors to length 1, which
 * `normalize` does: without it the loss grows with the fourth power of the features.
 *
 * Gram matrices are blind to where something is, and those of one layer to rotations of its feature vectors: a student that
 * learns from this loss alone does not learn the teacher's vectors, which scores of distance compare.
 */
export const relationLoss =
  ({ pairs, norm, reduction, normalize }: RelationOptions): DistillationLoss =>
  (teacher, student) =>
    tf.tidy(() => {
      const layers = Object.keys(teacher);
      const [teacherFeatures, studentFeatures] = [teacher, student].map((pyramid) =>
        layers.map((layer) => {
          const features = pyramid[layer] as tf.Tensor4D;
          return normalize ? l2Normalize(features) : features;
        }),
      ) as [tf.Tensor4D[], tf.Tensor4D[]];
      const distance = norm === 'l2' ? squaredL2Distance : l1Distance;
      const distances = layerPairs(layers, pairs).map(([j, k]) => {
        const [ofTeacher, ofStudent] = [teacherFeatures, studentFeatures].map((features) =>
          gramMatrix(features[j] as tf.Tensor4D, features[k] as tf.Tensor4D),
        ) as [tf.Tensor3D, tf.Tensor3D];
        return distance(ofTeacher, ofStudent);
      });
      const images = (teacherFeatures[0] as tf.Tensor4D).shape[0];
      return tf.mul(tf.addN(distances), imageWeight(reduction, images)) as tf.Scalar;
    });

/**
 * The pairs of layers as indices, the shallower one first.
 * @throws ConfigurationError where there are none.
 */
function layerPairs(layers: readonly string[], pairs: LayerPairs): [number, number][] {
  const chosen = layers.flatMap((_, j) =>
    layers.flatMap((_, k): [number, number][] => {
      const included = { within: k === j, adjacent: k === j + 1, all: k >= j }[pairs];
      return included ? [[j, k]] : [];
    }),
  );
  if (chosen.length === 0)
    throw new ConfigurationError(
      `pairs: "${pairs}" needs at least two layers; found ${layers.join(', ') || 'none'}. Use "within", or name more layers.`,
    );
  return chosen;
}

export const relationLossPart: Part<'loss'> = {
  kind: 'loss',
  name: 'relation',
  summary: 'Distance between the Gram matrices of pairs of layers.',
  reference: 'thesis eq. 4.7; Yim et al. 2017 (FSP matrix), Gatys et al. 2016 (Gram matrix)',
  options: {
    reduction: reductionOption,
    normalize: {
      type: 'boolean',
      default: true,
      description:
        'Scale feature vectors to length 1 first. Without it the loss grows with their fourth power: sgd diverges even at a learning rate of 0.0001, adam does not.',
    },
    pairs: {
      enum: ['within', 'adjacent', 'all'],
      default: 'all',
      description:
        'The pairs of layers: each with itself; each with the next (as Yim et al.); or each with itself and with all others.',
    },
    norm: {
      enum: ['l1', 'l2'],
      default: 'l2',
      description: 'Differences of the matrices count by their magnitude (l1) or squared (l2).',
    },
  },
  create: (options: RelationOptions, { layers }) => {
    layerPairs(layers, options.pairs);
    return relationLoss(options);
  },
};
