import {
  type ContextOf,
  type Detection,
  gaussianSmoothing,
  joined,
  type Mode,
  type Model,
  type Normalization,
  type Part,
  type Size,
  smoothingOption,
  type Training,
  tf,
  trainingOption,
  variablesState,
} from '@adfw/core';
import {
  fromVector,
  type LayerNetwork,
  layerNetwork,
  type MirroredShape,
  mirroredDecoder,
  mirroredEncoder,
  mirroredShape,
  sequence,
  tanh,
  toVector,
} from '@adfw/networks';
import { adversarialStage, asGenerated, asReal, collapseStage } from './adversarial-stages.js';

interface GanomalyOptions {
  readonly depth: number;
  readonly width: number;
  readonly latent: number;
  readonly weights: { readonly adversarial: number; readonly contextual: number; readonly encoder: number };
  readonly smoothing: number;
  readonly training: Training;
}

/** Images from −1 to 1, as tanh gives them. */
const symmetric: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

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
    depth: {
      type: 'integer',
      minimum: 1,
      maximum: 8,
      default: 4,
      description: 'How often height and width are halved; 4 leaves 4x4 of 64x64 pixels.',
    },
    width: {
      type: 'integer',
      minimum: 1,
      default: 32,
      description: 'Channels after the first halving; each further one doubles them. The paper has 64.',
    },
    latent: { type: 'integer', minimum: 1, default: 100, description: 'Numbers in a code.' },
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
  { depth, width, latent, weights, smoothing, training }: GanomalyOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> {
  const shape = mirroredShape(imageSize, { depth, width, most: 2 ** depth });
  const { encoder, decoder, again, features, judge } = networksOf(shape, latent, seed);
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
              const judged = (x: tf.Tensor4D) => judge.apply(features.apply(x, mode), mode);
              const { given } = generate(images, mode);
              return tf.mul(tf.add(asReal(judged(images)), asGenerated(judged(given))), 0.5) as tf.Scalar;
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
        maps: smoothing > 0 ? gaussianSmoothing(residual, smoothing) : residual,
      };
    },
    cost: () => costOf({ encoder, decoder, again }, imageSize),
  };
}

/** Encoder, decoder and second encoder (figure 2), and the discriminator in two parts: its features, and what it makes of them. */
function networksOf(shape: MirroredShape, latent: number, seed: number) {
  const leaky = { normalized: true, slope: 0.2 };
  const plain = { normalized: true, slope: 0 };
  const start = { deviation: DEVIATION };
  const without = { bias: false };
  const encoderOf = (name: string) =>
    layerNetwork(
      sequence(mirroredEncoder(name, shape, leaky), toVector(`${name}.code`, shape, latent, without)),
      seed,
      start,
    );
  return {
    encoder: encoderOf('encoder'),
    decoder: layerNetwork(
      sequence(
        fromVector('decoder.code', shape, latent, plain),
        mirroredDecoder('decoder', shape, plain),
        tanh,
      ),
      seed,
      start,
    ),
    again: encoderOf('again'),
    features: layerNetwork(mirroredEncoder('features', shape, leaky), seed, start),
    judge: layerNetwork(toVector('judge', shape, 1, without), seed, start),
  };
}

/** Of the normal distribution that weights begin with (Radford et al. 2016, section 4). */
const DEVIATION = 0.02;

const meanSquare = (difference: tf.Tensor): tf.Scalar => tf.mean<tf.Scalar>(tf.square(difference));

type Named = Readonly<Record<string, tf.Variable>>;
const parametersOf = (networks: readonly LayerNetwork[]): Named =>
  Object.assign({}, ...networks.map(({ parameters }) => parameters));
const statisticsOf = (networks: readonly LayerNetwork[]): Named =>
  Object.assign({}, ...networks.map(({ statistics }) => statistics));
const variablesOf = (networks: readonly LayerNetwork[]): Named => ({
  ...parametersOf(networks),
  ...statisticsOf(networks),
});

/** Of what detects: the discriminator is for training alone. */
function costOf(
  { encoder, decoder, again }: Pick<ReturnType<typeof networksOf>, 'encoder' | 'decoder' | 'again'>,
  { height, width }: Size,
) {
  const costs = [encoder.cost([height, width]), decoder.cost([1, 1]), again.cost([height, width])];
  return {
    parameters: costs.reduce((sum, { parameters }) => sum + parameters, 0),
    multiplyAdds: costs.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  };
}
