/** Napoletano et al. 2018: a dictionary of what nominal patches look like, by k-means; anomalous is a patch that is like none of it. */
import {
  type Backbone,
  ConfigurationError,
  combinedMap,
  type FeaturePyramid,
  fromMaps,
  held,
  layersOption,
  type Make,
  type Model,
  namedRandom,
  onBackbone,
  type Part,
  type Size,
  slot,
  smoothingOption,
  tf,
} from '@adfw/core';
import { gatheredVectors } from './gathered-vectors.js';
import { kMeans } from './k-means.js';
import { nearestOf } from './nearest.js';
import { patchFeatures, poolingOption, positionCount, rowsOf } from './patch-features.js';
import { meanOfPatches, type Patches, patchwise } from './patchwise.js';
import { pick } from './vectors.js';

interface ClustersOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly patches: Patches | null;
  readonly pooling: number;
  readonly normalize: 'l1' | 'l2' | 'none';
  readonly clusters: number;
  readonly neighbours: number;
  readonly smoothing: number;
}

export const clustersPart: Part<'model'> = {
  kind: 'model',
  name: 'clusters',
  summary: 'A dictionary of nominal patches by k-means; the distance to the nearest entries is the score.',
  reference:
    'Napoletano et al. 2018, "Anomaly Detection in Nanofibrous Materials by CNN-Based Self-Similarity"',
  options: {
    backbone: slot('backbone', 'The frozen network whose features describe patches.', {
      default: { type: 'resnet18', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(
      ['layer2', 'layer3'],
      'The layers whose features are put together, shallow to deep; the first one decides how many patches an image has.',
    ),
    patches: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: {
            size: { type: 'integer', minimum: 1, description: 'Height and width of a patch, in pixels.' },
            stride: { type: 'integer', minimum: 1, description: 'From one patch to the next, in pixels.' },
          },
          required: ['size', 'stride'],
          additionalProperties: false,
        },
      ],
      default: null,
      examples: [{ size: 32, stride: 8 }],
      description:
        'Patches that go through the network one by one, as in the paper, which is slow; null for the positions of its layers, which it gives for a whole image at once.',
    },
    pooling: poolingOption,
    normalize: {
      enum: ['l1', 'l2', 'none'],
      default: 'l1',
      description: 'The norm by which the features of a patch are divided.',
    },
    clusters: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 500,
      description: 'How many entries the dictionary has: of each cluster the patch nearest to its centre.',
    },
    neighbours: {
      type: 'integer',
      minimum: 1,
      default: 5,
      description: 'Over how many of the nearest entries the distance of a patch is averaged.',
    },
    smoothing: { ...smoothingOption, default: 4 },
  },
  async create({ backbone, ...options }: ClustersOptions, { imageSize }) {
    checkPatches(options.patches, imageSize);
    const network = await backbone({ layers: options.layers, frozen: true });
    return clustersModel(options.patches ? patchwise(network, options.patches) : network, options, imageSize);
  },
};

function clustersModel(
  backbone: Backbone,
  {
    patches,
    pooling,
    normalize,
    clusters,
    neighbours,
    smoothing,
  }: Omit<ClustersOptions, 'backbone' | 'layers'>,
  imageSize: Size,
): Model {
  const learnt = held('dictionary');
  const patchesOf = (features: FeaturePyramid) =>
    normalized(patchFeatures(features, backbone.layers, pooling), normalize);
  return {
    ...onBackbone(backbone, learnt),
    stages: [
      {
        name: 'dictionary',
        async gather(batches, context) {
          const { vectors, release } = await gatheredVectors(
            batches,
            ({ features }) => rowsOf(patchesOf(features)),
            { ...context, of: 'patches', fewest: clusters },
          );
          try {
            const { onProgress, signal } = context;
            const { medoids } = await kMeans(vectors, clusters, {
              random: namedRandom(context.seed, 'k-means'),
              ...(onProgress && { onProgress }),
              ...(signal && { signal }),
            });
            const { values, width } = pick(vectors, medoids);
            learnt.set({ dictionary: tf.tensor2d(values, [medoids.length, width]) });
          } finally {
            release();
          }
        },
      },
    ],
    detect({ images, features }) {
      const maps = patchesOf(features);
      const dictionary = learnt.get<tf.Tensor2D>('dictionary');
      const [count, rows, columns] = maps.shape;
      const { distances } = nearestOf(rowsOf(maps), dictionary, Math.min(neighbours, dictionary.shape[0]));
      const map = tf.reshape<tf.Rank.R3>(tf.mean(distances, 1), [count, rows, columns]);
      const [, height, width] = images.shape;
      const size = [height, width] as const;
      return fromMaps(combinedMap([patches ? meanOfPatches(map, size, patches) : map], size, { smoothing }));
    },
    cost() {
      const [size = 0, channels = 0] = learnt.state().dictionary?.shape ?? [];
      return {
        parameters: size * channels,
        multiplyAdds: positionCount(backbone, imageSize, patchesOf) * size * channels,
      };
    },
  };
}

/** The features of each position divided by their norm. */
function normalized(maps: tf.Tensor4D, norm: ClustersOptions['normalize']): tf.Tensor4D {
  if (norm === 'none') return maps;
  return tf.tidy(() => {
    const norms = norm === 'l1' ? tf.sum(tf.abs(maps), 3, true) : tf.sqrt(tf.sum(tf.square(maps), 3, true));
    return tf.div(maps, tf.maximum(norms, 1e-12));
  });
}

/** @throws ConfigurationError where images are smaller than a patch, or parts of them would lie in none. */
function checkPatches(patches: Patches | null, { height, width }: Size): void {
  if (!patches) return;
  const { size, stride } = patches;
  if (size > Math.min(height, width))
    throw new ConfigurationError(
      `patches.size is ${size}, but images are ${height}x${width}: a patch must fit into the image.`,
    );
  if (stride > size)
    throw new ConfigurationError(
      `patches.stride is ${stride}, but patches have ${size} pixels: what lies between them would not be looked at. Take a stride of at most ${size}.`,
    );
}
