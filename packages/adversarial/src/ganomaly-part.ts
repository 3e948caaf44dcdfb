import {
  type ContextOf,
  type Detection,
  gaussianSmoothing,
  joined,
  type Mode,
  type Model,
  type Part,
  smoothingOption,
  type Training,
  tf,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { type Layer, type MirroredShape, sequence, toVector } from '@adfw/networks';
import { adversarialStage, asGenerated, asReal, collapseStage, judgedBoth } from './adversarial-stages.js';
import {
  costOf,
  type DcganOptions,
  dcganNetwork,
  dcganOptions,
  dcganShape,
  halvings,
  imagesOf,
  parametersOf,
  statisticsOf,
  symmetric,
  variablesOf,
} from './dcgan-networks.js';

interface GanomalyOptions extends DcganOptions {
  readonly weights: { readonly adversarial: number; readonly contextual: number; readonly encoder: number };
  readonly smoothing: number;
  readonly training: Training;
}

const weightOption = (defaultValue: number, description: string) => ({
  type: 'number',
  minimum: 0,
  default: defaultValue,
  description,
});

export const ganomalyPart: Part<'model'> = {
  kind: 'model',
  name: 'ganomaly',
  summary:
    'A generator that encodes an image, gives it back and encodes that again, trained against a discriminator; the distance of the two codes is the score.',
  reference: 'Akcay et al. 2018, "GANomaly: Semi-Supervised Anomaly Detection via Adversarial Training"',
  options: {
    ...dcganOptions('Numbers in a code.'),
    weights: {
      type: 'object',
      additionalProperties: false,
      description: "Of the terms of the generator's loss (eq. 4).",
      properties: {
        adversarial: weightOption(1, 'Of the squared distance of features in the discriminator (eq. 1).'),
        contextual: weightOption(50, 'Of the absolute difference of the images (eq. 2).'),
        encoder: weightOption(1, 'Of the squared distance of the codes (eq. 3).'),
      },
    },
    smoothing: smoothingOption,
    training: trainingOption({
      epochs: 15,
      optimizer: { type: 'adam', learningRate: 0.0002, beta1: 0.5 },
    }),
  },
  create: createGanomaly,
};

async function createGanomaly(
  { weights, smoothing, training, ...sizes }: GanomalyOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> {
  const shape = dcganShape(imageSize, sizes);
  const { encoder, decoder, again, features, judge } = networksOf(shape, sizes.latent, seed);
  const generate = (images: tf.Tensor4D, mode: Mode) => {
    const code = encoder.apply(images, mode);
    const given = decoder.apply(code, mode);
    return { given, code, recoded: again.apply(given, mode) };
  };
  const discriminator = [features, judge];
  const generator = [encoder, decoder, again];
  const networks = joined({
    generator: variablesState(variablesOf(generator)),
    discriminator: variablesState(variablesOf(discriminator)),
  });
  return {
    ...networks,
    normalization: symmetric,
    stages: [
      adversarialStage(
        {
          name: 'discriminator',
          parameters: parametersOf(discriminator),
          statistics: statisticsOf(discriminator),
          optimizer: await training.optimizer(),
          loss: ({ images }, mode) =>
            tf.tidy(() => {
              const judged = ([x]: readonly [tf.Tensor4D], of: Mode) =>
                judge.apply(features.apply(x, of), of);
              const { given } = generate(images, mode);
              const logits = judgedBoth(judged, [images] as const, [given] as const, mode);
              return tf.mul(tf.add(asReal(logits.real), asGenerated(logits.generated)), 0.5) as tf.Scalar;
            }),
        },
        {
          name: 'generator',
          parameters: parametersOf(generator),
          statistics: statisticsOf(generator),
          optimizer: await training.optimizer(),
          loss: ({ images }, mode) => {
            const { given, code, recoded } = generate(images, mode);
            const distance = meanSquare(tf.sub(features.apply(images, mode), features.apply(given, mode)));
            return {
              adversarial: tf.mul<tf.Scalar>(distance, weights.adversarial),
              contextual: tf.mul<tf.Scalar>(tf.mean(tf.abs(tf.sub(images, given))), weights.contextual),
              encoder: tf.mul<tf.Scalar>(meanSquare(tf.sub(code, recoded)), weights.encoder),
            };
          },
        },
        training,
      ),
      collapseStage((images) => generate(images, 'eval').given),
    ],
    detect: ({ images }): Detection => {
      const { given, code, recoded } = generate(images, 'eval');
      const residual = tf.mean<tf.Tensor3D>(tf.abs(tf.sub(images, given)), -1);
      return {
        scores: tf.mean<tf.Tensor1D>(tf.square(tf.sub(code, recoded)), [1, 2, 3]),
        maps: gaussianSmoothing(residual, smoothing),
      };
    },
    // Of what detects: the discriminator is for training alone.
    cost: () => costOf([encoder, again], [decoder], imageSize),
  };
}

/** Encoder, decoder and second encoder (figure 2), and the discriminator in two parts: its features, and what it makes of them. */
function networksOf(shape: MirroredShape, latent: number, seed: number) {
  const network = (layer: Layer) => dcganNetwork(layer, seed);
  const vector = (name: string, outputs: number) => toVector(name, shape, outputs, { bias: false });
  const encoderOf = (name: string) =>
    network(sequence(halvings(name, shape), vector(`${name}.code`, latent)));
  return {
    encoder: encoderOf('encoder'),
    decoder: network(imagesOf('decoder', shape, latent)),
    again: encoderOf('again'),
    features: network(halvings('features', shape)),
    judge: network(vector('judge', 1)),
  };
}

const meanSquare = (difference: tf.Tensor): tf.Scalar => tf.mean<tf.Scalar>(tf.square(difference));
