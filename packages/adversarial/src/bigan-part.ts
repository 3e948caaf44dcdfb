import {
  type ContextOf,
  type Detection,
  gaussianSmoothing,
  joined,
  type Mode,
  type Model,
  type Part,
  type Random,
  smoothingOption,
  type Training,
  tf,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { type Layer, leakyRelu, type MirroredShape, sequence, toVector } from '@adfw/networks';
import { adversarialStage, asGenerated, asReal, collapseStage, judgedBoth } from './adversarial-stages.js';
import {
  costOf,
  type DcganOptions,
  dcganNetwork,
  dcganOptions,
  dcganShape,
  drawnCodes,
  fullyConnected,
  halvings,
  imagesOf,
  LEAK,
  parametersOf,
  statisticsOf,
  symmetric,
  variablesOf,
} from './dcgan-networks.js';

interface BiganOptions extends DcganOptions {
  readonly hidden: number;
  readonly alpha: number;
  readonly discrimination: 'features' | 'cross-entropy';
  readonly smoothing: number;
  readonly training: Training;
}

export const biganPart: Part<'model'> = {
  kind: 'model',
  name: 'bigan',
  summary:
    'A generator and the encoder that reverses it, trained against a discriminator of pairs of an image and its code; what the two do not give back of an image is the score.',
  reference: 'Zenati et al. 2018, "Efficient GAN-Based Anomaly Detection"; thesis eqs 3.7, 3.8',
  options: {
    ...dcganOptions('Numbers in a code.'),
    hidden: {
      type: 'integer',
      minimum: 1,
      default: 512,
      description: "Numbers in the discriminator's last hidden layer, where an image and its code meet.",
    },
    alpha: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.9,
      description:
        'Weight in the score of the absolute difference of an image and what is given back of it, summed over all values; the rest is that of the discrimination.',
    },
    discrimination: {
      enum: ['features', 'cross-entropy'],
      default: 'features',
      description:
        'What the discriminator adds to the score: how far its last hidden layer is from what it is for the image that is given back, summed; or the cross-entropy of its taking the image and its code for a real pair.',
    },
    smoothing: smoothingOption,
    training: trainingOption({
      epochs: 100,
      optimizer: { type: 'adam', learningRate: 0.0002, beta1: 0.5 },
    }),
  },
  create: createBigan,
};

async function createBigan(
  { hidden, alpha, discrimination, smoothing, training, ...sizes }: BiganOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> {
  const { latent } = sizes;
  const shape = dcganShape(imageSize, sizes);
  const { encoder, generator, discriminator } = networksOf(shape, { latent, hidden, seed });
  const { onImage, onCode, judge } = discriminator;
  const learning = [encoder, generator];
  const judging = [onImage, onCode, judge];

  /** f_D(x, z): a fully connected layer of both is the sum of one of each. */
  const features = (images: tf.Tensor4D, codes: tf.Tensor4D, mode: Mode) =>
    tf.leakyRelu(tf.add<tf.Tensor4D>(onImage.apply(images, mode), onCode.apply(codes, mode)), LEAK);
  const judged = ([images, codes]: readonly [tf.Tensor4D, tf.Tensor4D], mode: Mode) =>
    judge.apply(features(images, codes, mode), mode);
  /** D of (x, E(x)) and of (G(z), z), as logits. */
  const pairs = (images: tf.Tensor4D, mode: Mode, random: Random) => {
    const drawn = drawnCodes(images.shape[0], latent, random);
    const encoded = [images, encoder.apply(images, mode)] as const;
    const made = [generator.apply(drawn, mode), drawn] as const;
    const { real, generated } = judgedBoth(judged, encoded, made, mode);
    return { encoded: real, generated };
  };
  return {
    ...joined({
      learning: variablesState(variablesOf(learning)),
      discriminator: variablesState(variablesOf(judging)),
    }),
    normalization: symmetric,
    stages: [
      adversarialStage(
        {
          name: 'discriminator',
          parameters: parametersOf(judging),
          statistics: statisticsOf(judging),
          optimizer: await training.optimizer(),
          loss: ({ images }, mode, random) =>
            tf.tidy(() => {
              const { encoded, generated } = pairs(images, mode, random);
              return tf.mul(tf.add(asReal(encoded), asGenerated(generated)), 0.5) as tf.Scalar;
            }),
        },
        {
          name: 'encoder and generator',
          parameters: parametersOf(learning),
          statistics: statisticsOf(learning),
          optimizer: await training.optimizer(),
          loss: ({ images }, mode, random) => {
            const { encoded, generated } = pairs(images, mode, random);
            return { encoder: asGenerated(encoded), generator: asReal(generated) };
          },
        },
        training,
      ),
      collapseStage((images) => generator.apply(encoder.apply(images, 'eval'), 'eval')),
    ],
    detect({ images }): Detection {
      const codes = encoder.apply(images, 'eval');
      const given = generator.apply(codes, 'eval');
      const residual = tf.abs(tf.sub(images, given));
      const seen = features(images, codes, 'eval');
      const unlike =
        discrimination === 'features'
          ? tf.abs(tf.sub(seen, features(given, codes, 'eval')))
          : tf.softplus(tf.neg(judge.apply(seen, 'eval')));
      const map = tf.mean<tf.Tensor3D>(residual, -1);
      return {
        scores: tf.add(
          tf.mul(tf.sum<tf.Tensor1D>(residual, [1, 2, 3]), alpha),
          tf.mul(tf.sum<tf.Tensor1D>(unlike, [1, 2, 3]), 1 - alpha),
        ),
        maps: gaussianSmoothing(map, smoothing),
      };
    },
    cost: () => costOf([encoder, onImage], [generator, onCode, judge], imageSize),
  };
}

/** Encoder, generator, and the discriminator in three parts: what it makes of an image and of a code, and of the sum of both. */
function networksOf(
  shape: MirroredShape,
  { latent, hidden, seed }: { readonly latent: number; readonly hidden: number; readonly seed: number },
) {
  const network = (layer: Layer) => dcganNetwork(layer, seed);
  const ofImage = (name: string, vector: string, outputs: number, bias: { readonly bias: boolean }) =>
    network(sequence(halvings(name, shape), toVector(vector, shape, outputs, bias)));
  return {
    encoder: ofImage('encoder', 'encoder.code', latent, { bias: true }),
    generator: network(imagesOf('generator', shape, latent)),
    discriminator: {
      onImage: ofImage('image', 'pair.image', hidden, { bias: false }),
      onCode: network(
        sequence(
          fullyConnected('code', latent, hidden),
          leakyRelu(LEAK),
          fullyConnected('pair.code', hidden, hidden),
        ),
      ),
      judge: network(fullyConnected('judge', hidden, 1)),
    },
  };
}
