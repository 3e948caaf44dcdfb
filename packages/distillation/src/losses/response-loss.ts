/** Response-based distillation: the student learns what the teacher's classification head answers. */
import { ConfigurationError, type DistillationLoss, type FeaturePyramid, type Part, tf } from '@adfw/core';
import { imageWeight, type Reduction, reductionOption } from './reduction.js';

export interface ResponseOptions {
  /** The layer of the pyramid that holds the logits; the others are not looked at. */
  layer: string;
  /** T = τ of eqs. 4.4 and 4.5. */
  temperature: number;
  /** The weight of the cross-entropy. */
  alpha: number;
  /** The weight of the Kullback-Leibler divergence. */
  beta: number;
  reduction: Reduction;
}

/**
 * Eq. 4.5, with the softened softmax σ(z, T) of eq. 4.4, at each position of the layer `[N, H, W, K]` of logits z (H = W = 1
 * for a classification head): α H(y, σ(zₛ, 1)) + β T² KL(σ(zₜ, T) ‖ σ(zₛ, T)), in nats. The mean over positions, then the sum
 * or mean over images.
 *
 * The factor T² is Hinton et al.'s (2015, section 2): gradients of softened outputs shrink as 1 / T², and with it α, β and the
 * learning rate keep their meaning when T changes. The β of eq. 4.5, which lacks it, is `beta` times T². Nominal images have
 * no classes, so y is the teacher's most likely class.
 * @throws ConfigurationError where the pyramids have no such layer.
 */
export const responseLoss =
  ({ layer, temperature, alpha, beta, reduction }: ResponseOptions): DistillationLoss =>
  (teacher, student) =>
    tf.tidy(() => {
      const [ofTeacher, ofStudent] = [logits(teacher, layer), logits(student, layer)];
      const terms = [
        ...(alpha > 0 ? [tf.mul(crossEntropy(ofTeacher, ofStudent), alpha)] : []),
        ...(beta > 0 ? [tf.mul(divergence(ofTeacher, ofStudent, temperature), beta * temperature ** 2)] : []),
      ];
      const [images, height, width] = ofTeacher.shape;
      return tf.mul(tf.addN(terms), imageWeight(reduction, images) / (height * width)) as tf.Scalar;
    });

/** Σ H(y, σ(zₛ)) over positions, y the teacher's most likely class. */
function crossEntropy(teacher: tf.Tensor4D, student: tf.Tensor4D): tf.Scalar {
  const classes = tf.oneHot(tf.argMax(teacher, -1), teacher.shape[3], 1, 0, 'float32');
  return tf.neg(tf.sum(tf.mul(classes, tf.logSoftmax(student))));
}

/** Σ KL(σ(zₜ, T) ‖ σ(zₛ, T)) over positions. */
function divergence(teacher: tf.Tensor4D, student: tf.Tensor4D, temperature: number): tf.Scalar {
  const [logT, logS] = [teacher, student].map((z) => tf.logSoftmax(tf.div(z, temperature))) as [
    tf.Tensor,
    tf.Tensor,
  ];
  return tf.sum(tf.mul(tf.exp(logT), tf.sub(logT, logS)));
}

function logits(pyramid: FeaturePyramid, layer: string): tf.Tensor4D {
  checkLayer(Object.keys(pyramid), layer);
  return pyramid[layer] as tf.Tensor4D;
}

function checkLayer(layers: readonly string[], layer: string): void {
  if (layers.includes(layer)) return;
  throw new ConfigurationError(
    `The loss "response" needs the layer "${layer}", which holds logits; found ${layers.join(', ') || 'none'}. Name it among the layers, with a teacher that ` +
      'has a classification head, or name another one in "layer".',
  );
}

export const responseLossPart: Part<'loss'> = {
  kind: 'loss',
  name: 'response',
  summary: 'Kullback-Leibler divergence of softened logits, for teachers with a classification head.',
  reference: 'thesis eqs. 4.4 and 4.5; Hinton et al. 2015',
  options: {
    layer: {
      type: 'string',
      minLength: 1,
      default: 'logits',
      description:
        'The layer that holds the logits; it must be among those of the model. Others are not compared.',
    },
    temperature: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 4,
      description: 'T, which logits are divided by: the higher, the more unlikely classes count.',
    },
    alpha: {
      type: 'number',
      minimum: 0,
      default: 0,
      description:
        "Weight of the cross-entropy with the teacher's most likely class, as nominal images have no labels.",
    },
    beta: {
      type: 'number',
      minimum: 0,
      default: 1,
      description: 'Weight of the divergence, which is multiplied with T² (Hinton et al. 2015).',
    },
    reduction: reductionOption,
  },
  create: (options: ResponseOptions, { layers }) => {
    if (options.alpha + options.beta === 0)
      throw new ConfigurationError(
        'alpha and beta are both 0, which leaves nothing to learn; make one of them positive.',
      );
    checkLayer(layers, options.layer);
    return responseLoss(options);
  },
};
