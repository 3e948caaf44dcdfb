/** DAGMM (Zong et al. 2018, "Deep Autoencoding Gaussian Mixture Model for Unsupervised Anomaly Detection"; thesis reference 34). */
import {
  ConfigurationError,
  type ContextOf,
  type GatherStage,
  gaussianSmoothing,
  held,
  joined,
  type Model,
  type Part,
  parameterCount,
  type Random,
  type Seen,
  smoothingOption,
  type Training,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { classifier, layerNetwork, sequence, tanh } from '@adfw/networks';
import { convolutionalAutoencoder, convolutionalOptions, plainImages } from './convolutional-network.js';
import { diagonalPenalty, energies, type Mixture, mixtureOf } from './gaussian-mixture.js';

interface DagmmOptions {
  readonly depth: number;
  readonly width: number;
  readonly latent: number;
  readonly components: number;
  readonly hidden: number;
  readonly dropout: number;
  readonly weights: { readonly energy: number; readonly covariance: number };
  readonly smoothing: number;
  readonly training: Training;
}

/** Numbers that say how well an image is given back, beside those of its code. */
const RECONSTRUCTION_FEATURES = 2;
/** In a code: one step of elimination, in every training step, is of a number. */
const LARGEST_CODE = 8;

export const dagmmPart: Part<'model'> = {
  kind: 'model',
  name: 'dagmm',
  summary:
    'An autoencoder and a mixture of Gaussians of its codes and errors, which learn together; how rare an image is in the mixture is its score.',
  reference:
    'Zong et al. 2018, "Deep Autoencoding Gaussian Mixture Model for Unsupervised Anomaly Detection"; thesis reference 34',
  options: {
    ...convolutionalOptions,
    latent: {
      type: 'integer',
      minimum: 1,
      maximum: LARGEST_CODE,
      default: 4,
      description:
        'Numbers in the code, 8 at most: the mixture is of so many and two more, and its covariances are eliminated one number after another.',
    },
    components: { type: 'integer', minimum: 1, default: 2, description: 'Gaussians in the mixture.' },
    hidden: {
      type: 'integer',
      minimum: 1,
      default: 10,
      description: 'Hidden numbers of the network that says which Gaussian an image is of.',
    },
    dropout: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.5,
      description: 'What part of them is left out in each step of training.',
    },
    weights: {
      type: 'object',
      additionalProperties: false,
      description: 'Of the terms of the loss, beside the squared error of an image, summed over its pixels.',
      properties: {
        energy: {
          type: 'number',
          minimum: 0,
          default: 0.1,
          description: 'λ₁: of the mean energy.',
        },
        covariance: {
          type: 'number',
          minimum: 0,
          default: 0.005,
          description: 'λ₂: of what keeps covariances from becoming singular.',
        },
      },
    },
    smoothing: smoothingOption,
    training: trainingOption({ epochs: 200, optimizer: { type: 'adam', learningRate: 0.0001 } }),
  },
  create: createDagmm,
};

async function createDagmm(
  { latent, components, hidden, dropout, weights, smoothing, training, ...sizes }: DagmmOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> {
  const compression = convolutionalAutoencoder(imageSize, { ...sizes, latent, variational: false }, seed);
  const size = latent + RECONSTRUCTION_FEATURES;
  const estimation = estimationNetwork({ size, hidden, components, dropout }, seed);
  const parameters = { ...compression.parameters, ...estimation.parameters };
  const mixture = held('weights', 'means', 'covariances');
  /** x̂, `[N, H, W, 3]`, and z, `[N, D]`: the code and what x̂ lacks (eqs. 1 to 3). */
  const compressed = (images: tf.Tensor4D) => {
    const code = compression.encode(images);
    const given = compression.decode(code);
    const vectors = tf.concat<tf.Tensor2D>(
      [tf.reshape(code, [-1, latent]), reconstructionFeatures(images, given)],
      1,
    );
    return { given, vectors };
  };
  return {
    ...joined({ network: variablesState(parameters), mixture }),
    normalization: plainImages,
    stages: [
      countStage(size),
      {
        ...trainedBy(training),
        name: 'dagmm',
        // The energy of images in the mixture of their own batch does not say which epoch is best.
        keep: 'last',
        learners: [
          {
            name: 'dagmm',
            parameters,
            optimizer: await training.optimizer(),
            loss: ({ images }, mode, random) => {
              const { given, vectors } = compressed(images);
              const error = tf.mean<tf.Scalar>(tf.sum(tf.square(tf.sub(images, given)), [1, 2, 3]));
              // So few have no covariance.
              if (images.shape[0] <= size) return { error };
              const memberships = estimation.memberships(vectors, mode === 'train' ? random : null);
              const own = mixtureOf(vectors, memberships);
              const energy = tf.mean<tf.Scalar>(energies(vectors, own));
              return {
                error,
                energy: tf.mul<tf.Scalar>(energy, weights.energy),
                covariance: tf.mul<tf.Scalar>(diagonalPenalty(own.covariances), weights.covariance),
              };
            },
          },
        ],
      },
      mixtureStage(({ images }) => {
        const { vectors } = compressed(images);
        return [vectors, estimation.memberships(vectors, null)];
      }, mixture.set),
    ],
    detect: ({ images }) => {
      const { given, vectors } = compressed(images);
      const map = tf.mean<tf.Tensor3D>(tf.square(tf.sub(images, given)), -1);
      const fitted: Mixture = {
        weights: mixture.get('weights'),
        means: mixture.get('means'),
        covariances: mixture.get('covariances'),
      };
      return {
        scores: energies(vectors, fitted),
        maps: gaussianSmoothing(map, smoothing),
      };
    },
    cost: () => ({
      parameters: parameterCount(parameters),
      multiplyAdds: null,
    }),
  };
}

/** Under the square root of a length, which has no gradient at 0: that of a black image. */
const LEAST_SQUARE = 1e-12;

/** The relative Euclidean distance ‖x − x̂‖ / ‖x‖ and the cosine similarity of x and x̂ (section 3.2), `[N, 2]`. */
export function reconstructionFeatures(images: tf.Tensor4D, given: tf.Tensor4D): tf.Tensor2D {
  const total = (x: tf.Tensor4D): tf.Tensor1D => tf.sum(x, [1, 2, 3]);
  const length = (x: tf.Tensor4D): tf.Tensor1D => tf.sqrt(tf.add(total(tf.square(x)), LEAST_SQUARE));
  const [ofImages, ofGiven] = [length(images), length(given)];
  const distance = tf.div<tf.Tensor1D>(length(tf.sub(images, given)), ofImages);
  const similarity = tf.div<tf.Tensor1D>(total(tf.mul(images, given)), tf.mul(ofImages, ofGiven));
  return tf.stack([distance, similarity], 1) as tf.Tensor2D;
}

interface EstimationOptions {
  /** D, numbers of a vector. */
  readonly size: number;
  readonly hidden: number;
  /** K. */
  readonly components: number;
  readonly dropout: number;
}

/** The estimation network (section 3.3): a hidden layer with tanh and dropout, then softmax. */
function estimationNetwork({ size, hidden, components, dropout }: EstimationOptions, seed: number) {
  const first = layerNetwork(sequence(classifier('estimation.hidden', size, hidden), tanh), seed);
  const second = layerNetwork(classifier('estimation.memberships', hidden, components), seed);
  return {
    parameters: { ...first.parameters, ...second.parameters },
    /**
     * γ (eq. 4), `[N, K]`, of vectors `[N, D]`.
     * @param random decides what is left out; null for nothing.
     */
    memberships(vectors: tf.Tensor2D, random: Random | null): tf.Tensor2D {
      const all = first.apply(tf.reshape(vectors, [-1, 1, 1, size]), 'train');
      const some = random && dropout > 0 ? tf.mul<tf.Tensor4D>(all, kept(all, dropout, random)) : all;
      return tf.softmax(tf.reshape(second.apply(some, 'train'), [-1, components])) as tf.Tensor2D;
    },
  };
}

/** 0 for what is left out; the rest is as much larger as keeps the mean (Srivastava et al. 2014, section 10). */
const kept = ({ shape, size }: tf.Tensor4D, dropout: number, random: Random): tf.Tensor4D =>
  tf.tensor4d(
    Float32Array.from({ length: size }, () => (random() < dropout ? 0 : 1 / (1 - dropout))),
    shape,
  );

/** Refuses batches that are too small for a covariance, before anything is trained. */
const countStage = (size: number): GatherStage => ({
  name: 'count',
  async gather(batches) {
    for await (const { images } of batches) {
      const [count] = images.shape;
      if (count > size) return;
      throw new ConfigurationError(
        `DAGMM takes covariances of ${size} numbers in each batch, which needs more than ${size} images, and a batch has ${count}: give $.fit.batchSize a larger number (and enough nominal images), or $.model.latent a smaller one.`,
      );
    }
  },
});

/** The mixture of all nominal images, once the networks have learnt. */
const mixtureStage = (
  membersOf: (seen: Seen) => [vectors: tf.Tensor2D, memberships: tf.Tensor2D],
  set: (mixture: Readonly<Record<keyof Mixture, tf.Tensor>>) => void,
): GatherStage => ({
  name: 'mixture',
  async gather(batches) {
    const parts: [tf.Tensor2D, tf.Tensor2D][] = [];
    try {
      for await (const seen of batches) {
        const part = tf.tidy(() => membersOf(seen));
        parts.push(part);
        // A batch's images hold until the next one is asked for.
        await Promise.all(part.map((tensor) => tensor.data()));
      }
      set(
        tf.tidy(() => {
          const all = (which: 0 | 1): tf.Tensor2D => tf.concat(parts.map((part) => part[which]));
          return { ...mixtureOf(all(0), all(1)) };
        }),
      );
    } finally {
      tf.dispose(parts);
    }
  },
});
