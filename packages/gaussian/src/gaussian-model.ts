/** PaDiM (Defard et al. 2021): a Gaussian of the features at every position; anomalous is what is far from its mean. */
import {
  type Backbone,
  ConfigurationError,
  combinedMap,
  disposingOnError,
  fromMaps,
  held,
  layersOption,
  type Make,
  type Model,
  onBackbone,
  type Part,
  type Size,
  slot,
  smoothingOption,
  tf,
} from '@adfw/core';
import { mahalanobisDistances, positionMoments } from './position-gaussians.js';
import { type ChannelChoice, chooseChannels, positionVectors } from './position-vectors.js';

interface GaussianOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly dimensions: number;
  readonly regularization: number;
  readonly smoothing: number;
}

/** What all covariances may take, in bytes. Fitting needs about three times as much. */
const MOST_BYTES = 2 ** 30;

export const gaussianPart: Part<'model'> = {
  kind: 'model',
  name: 'gaussian',
  summary: "A Gaussian of a frozen network's features at every position of the image.",
  reference: 'Defard et al. 2021, "PaDiM: a Patch Distribution Modeling Framework"',
  options: {
    backbone: slot('backbone', 'The frozen network whose features are described.', {
      default: { type: 'resnet18', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(
      ['layer1', 'layer2', 'layer3'],
      'The layers whose features are put together, shallow to deep; the largest decides how many positions there are.',
    ),
    dimensions: {
      type: 'integer',
      minimum: 1,
      default: 100,
      description:
        "How many of all layers' channels are taken, at random by the seed; time and memory grow with its square.",
    },
    regularization: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 0.01,
      description: 'What is added to the diagonal of each covariance.',
    },
    smoothing: { ...smoothingOption, default: 4 },
  },
  create: (options: GaussianOptions, context) =>
    disposingOnError(async (keep) => {
      const { backbone: make, layers, dimensions } = options;
      const backbone = keep(await make({ layers, frozen: true }));
      const choice = chooseChannels(backbone.layers, backbone.channels, dimensions, context.seed);
      if (!context.restoring) checkSize(backbone, choice, context.imageSize);
      return gaussianModel(backbone, choice, options, context.imageSize);
    }),
};

export function gaussianModel(
  backbone: Backbone,
  choice: ChannelChoice,
  { regularization, smoothing }: Pick<GaussianOptions, 'regularization' | 'smoothing'>,
  imageSize: Size,
): Model {
  const learnt = held('mean', 'whitening');
  return {
    ...onBackbone(backbone, learnt),
    stages: [
      {
        name: 'gaussians',
        async gather(batches, { total, onProgress, signal }) {
          let moments: ReturnType<typeof positionMoments> | null = null;
          try {
            for await (const { features } of batches) {
              const vectors = tf.tidy(() => positionVectors(features, choice));
              const [, height, width, dimensions] = vectors.shape;
              moments ??= positionMoments(height * width, dimensions, total);
              await moments.add((await vectors.data()) as Float32Array);
              vectors.dispose();
            }
            const gaussians = await moments?.gaussians(regularization, {
              ...(onProgress && { onProgress }),
              ...(signal && { signal }),
            });
            if (gaussians) learnt.set({ ...gaussians });
          } finally {
            moments?.dispose();
          }
        },
      },
    ],
    detect({ images, features }) {
      const vectors = positionVectors(features, choice);
      const [count, height, width, dimensions] = vectors.shape;
      const distances = mahalanobisDistances(
        tf.reshape<tf.Rank.R3>(vectors, [count, height * width, dimensions]),
        {
          mean: learnt.get<tf.Tensor2D>('mean'),
          whitening: learnt.get<tf.Tensor3D>('whitening'),
        },
      );
      const map = tf.reshape<tf.Rank.R3>(distances, [count, height, width]);
      return fromMaps(combinedMap([map], [images.shape[1], images.shape[2]], { smoothing }));
    },
    cost() {
      const [positions, dimensions] = shapeOf(backbone, choice, imageSize);
      return {
        parameters: positions * dimensions * (dimensions + 1),
        multiplyAdds: positions * dimensions * (dimensions + 1),
      };
    },
  };
}

/** @throws ConfigurationError where the covariances would take more memory than a model may. */
function checkSize(backbone: Backbone, choice: ChannelChoice, imageSize: Size): void {
  const [positions, dimensions] = shapeOf(backbone, choice, imageSize);
  const bytes = positions * dimensions * dimensions * Float32Array.BYTES_PER_ELEMENT;
  if (bytes <= MOST_BYTES) return;
  const most = Math.floor(Math.sqrt(MOST_BYTES / Float32Array.BYTES_PER_ELEMENT / positions));
  const gibibytes = (count: number) => `${(count / 2 ** 30).toFixed(1)} GiB`;
  throw new ConfigurationError(
    `dimensions is ${dimensions}: the covariances of ${positions} positions would take ${gibibytes(bytes)}, and a model may take ` +
      `${gibibytes(MOST_BYTES)}; take at most ${most} dimensions, smaller images, or only deeper layers, which have fewer positions.`,
  );
}

/** An engine that computes only what is read computes nothing here. */
const shapeOf = (
  backbone: Backbone,
  choice: ChannelChoice,
  { height, width }: Size,
): [positions: number, dimensions: number] =>
  tf.tidy(() => {
    const features = backbone.features(tf.zeros([1, height, width, 3]), 'eval');
    const [, rows, columns, dimensions] = positionVectors(features, choice).shape;
    return [rows * columns, dimensions];
  });
