import {
  type ContextOf,
  type Cost,
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
import { type Layer, type MirroredShape, toVector } from '@adfw/networks';
import { adamStart, adamStep } from './adam-step.js';
import { adversarialStage, asGenerated, asReal, collapseStage, judgedBoth } from './adversarial-stages.js';
import {
  costOf,
  type DcganOptions,
  dcganNetwork,
  dcganOptions,
  dcganShape,
  drawnCodes,
  halvings,
  imagesOf,
  parametersOf,
  statisticsOf,
  symmetric,
  variablesOf,
} from './dcgan-networks.js';

interface AnoganOptions extends DcganOptions {
  readonly discrimination: number;
  readonly search: { readonly steps: number; readonly learningRate: number };
  readonly smoothing: number;
  readonly training: Training;
}

export const anoganPart: Part<'model'> = {
  kind: 'model',
  name: 'anogan',
  summary:
    'A generator, trained against a discriminator; of each image the code is searched for whose generated image is nearest, and how far it stays away is the score. Slow, and cannot be exported: every image is a search of its own.',
  reference:
    'Schlegl et al. 2017, "Unsupervised Anomaly Detection with Generative Adversarial Networks to Guide Marker Discovery"; thesis eqs 3.5, 3.6',
  options: {
    ...dcganOptions('Numbers in a code.'),
    discrimination: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description:
        "λ: weight of the absolute difference in features of the discriminator, summed; the rest is that of the images. Of the search's loss, and of the score.",
    },
    search: {
      type: 'object',
      additionalProperties: false,
      description: "For an image's code, by Adam from a random one.",
      properties: {
        steps: { type: 'integer', minimum: 1, default: 500, description: 'How many.' },
        learningRate: {
          type: 'number',
          exclusiveMinimum: 0,
          default: 0.01,
          description: "About how far a step moves each number of the code; these begin at normal numbers'.",
        },
      },
    },
    smoothing: smoothingOption,
    training: trainingOption({
      epochs: 100,
      optimizer: { type: 'adam', learningRate: 0.0002, beta1: 0.5 },
    }),
  },
  create: createAnogan,
};

async function createAnogan(
  { discrimination, search, smoothing, training, ...sizes }: AnoganOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> {
  const { latent } = sizes;
  const shape = dcganShape(imageSize, sizes);
  const { generator, features, judge } = networksOf(shape, latent, seed);
  const judging = [features, judge];
  const judged = (images: tf.Tensor4D, mode: Mode) => judge.apply(features.apply(images, mode), mode);
  const generated = (count: number, mode: Mode, random: Random) =>
    generator.apply(drawnCodes(count, latent, random), mode);

  /** R(z) and D(z), eqs 3.5 and 3.6, each `[N]`, and |x − G(z)|, `[N, H, W, 3]`. @param seen f(x). */
  const distances = (images: tf.Tensor4D, seen: tf.Tensor, code: tf.Tensor4D) => {
    const given = generator.apply(code, 'eval');
    const difference = tf.abs(tf.sub(images, given));
    return {
      difference,
      residual: tf.sum<tf.Tensor1D>(difference, [1, 2, 3]),
      discriminated: tf.sum<tf.Tensor1D>(tf.abs(tf.sub(seen, features.apply(given, 'eval'))), [1, 2, 3]),
    };
  };
  /** (1 − λ) R(z) + λ D(z). */
  const weighted = ({ residual, discriminated }: ReturnType<typeof distances>) =>
    tf.add<tf.Tensor1D>(tf.mul(residual, 1 - discrimination), tf.mul(discriminated, discrimination));

  return {
    ...joined({
      generator: variablesState(variablesOf([generator])),
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
              const made = generated(images.shape[0], mode, random);
              const logits = judgedBoth(([x], of) => judged(x, of), [images] as const, [made] as const, mode);
              return tf.mul(tf.add(asReal(logits.real), asGenerated(logits.generated)), 0.5) as tf.Scalar;
            }),
        },
        {
          name: 'generator',
          parameters: parametersOf([generator]),
          statistics: statisticsOf([generator]),
          optimizer: await training.optimizer(),
          loss: ({ images }, mode, random) => asReal(judged(generated(images.shape[0], mode, random), mode)),
        },
        training,
      ),
      collapseStage((images, random) => generated(images.shape[0], 'eval', random)),
    ],
    search: {
      steps: search.steps,
      seed,
      begin: ({ images }, random) => ({
        seen: features.apply(images, 'eval'),
        ...adamStart(drawnCodes(1, latent, random)),
      }),
      step({ images }, { seen, ...at }) {
        const loss = (code: tf.Tensor) => weighted(distances(images, seen as tf.Tensor, code as tf.Tensor4D));
        return { seen: seen as tf.Tensor, ...adamStep(loss, at, search.learningRate) };
      },
    },
    detect({ images }, { seen, value } = {}): Detection {
      const found = distances(images, seen as tf.Tensor, value as tf.Tensor4D);
      const map = tf.mean<tf.Tensor3D>(found.difference, -1);
      return {
        scores: weighted(found),
        maps: gaussianSmoothing(map, smoothing),
      };
    },
    /** Of a search, whose steps each take the gradient too, which is as much again, and of what is made of its end. */
    cost(): Cost {
      const once = costOf([features], [generator], imageSize);
      const seeing = costOf([features], [], imageSize);
      return {
        parameters: once.parameters,
        multiplyAdds: once.multiplyAdds * (2 * search.steps + 1) + seeing.multiplyAdds,
      };
    },
  };
}

/** The generator, and the discriminator in two parts: its features, and what it makes of them. */
function networksOf(shape: MirroredShape, latent: number, seed: number) {
  const network = (layer: Layer) => dcganNetwork(layer, seed);
  return {
    generator: network(imagesOf('generator', shape, latent)),
    features: network(halvings('features', shape)),
    judge: network(toVector('judge', shape, 1, { bias: false })),
  };
}
