/** SPADE (Cohen and Hoshen 2020): an image is compared with the nominal images most like it, and its pixels with theirs. */
import {
  type Backbone,
  combinedMap,
  type FeaturePyramid,
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
import { gatheredVectors } from './gathered-vectors.js';
import { nearestDistances, nearestOf, pieceFor } from './nearest.js';

interface SpadeOptions {
  readonly backbone: Make<'backbone'>;
  readonly imageLayer: string;
  readonly layers: readonly string[];
  readonly neighbours: number;
  readonly smoothing: number;
}

/** Of the nominal images that are kept; with a graph that is compiled for them they are in memory three times. */
const MOST_NUMBERS = 2 ** 28;
/** What is kept even where there is no memory. */
const FEWEST_IMAGES = 10;

export const spadePart: Part<'model'> = {
  kind: 'model',
  name: 'spade',
  summary:
    'The nominal images that are most like an image: how far they are is its score, how far its pixels are from theirs its map.',
  reference: 'Cohen and Hoshen 2020, "Sub-Image Anomaly Detection with Deep Pyramid Correspondences"',
  options: {
    backbone: slot('backbone', 'The frozen network whose features are kept.', {
      default: { type: 'wide_resnet50_2', weights: 'imagenet' },
      pretrained: true,
    }),
    imageLayer: {
      type: 'string',
      minLength: 1,
      default: 'layer4',
      description: 'The layer by whose mean features images are compared.',
    },
    layers: layersOption(
      ['layer1', 'layer2', 'layer3'],
      'The layers by whose features pixels are compared; their maps are averaged.',
    ),
    neighbours: {
      type: 'integer',
      minimum: 1,
      default: 50,
      description: 'With how many nominal images an image is compared. Time grows with it.',
    },
    smoothing: { ...smoothingOption, default: 4 },
  },
  async create({ backbone, imageLayer, layers, ...options }: SpadeOptions, { imageSize }) {
    const all = layers.includes(imageLayer) ? layers : [...layers, imageLayer];
    return spadeModel(
      await backbone({ layers: all, frozen: true }),
      { imageLayer, layers, ...options },
      imageSize,
    );
  },
};

function spadeModel(
  backbone: Backbone,
  { imageLayer, layers, neighbours, smoothing }: Omit<SpadeOptions, 'backbone'>,
  imageSize: Size,
): Model {
  /** A row an image: the means of the image's layer, then the features of the others. */
  const learnt = held('images');
  const meansOf = (features: FeaturePyramid) =>
    tf.mean<tf.Tensor2D>(features[imageLayer] as tf.Tensor4D, [1, 2]);
  const pixelsOf = (features: FeaturePyramid) =>
    layers.map((layer) => {
      const maps = features[layer] as tf.Tensor4D;
      const [count, height, width, channels] = maps.shape;
      return { height, width, vectors: tf.reshape<tf.Rank.R3>(maps, [count, height * width, channels]) };
    });
  return {
    ...onBackbone(backbone, learnt),
    stages: [
      {
        name: 'images',
        async gather(batches, context) {
          const rowsOf = (features: FeaturePyramid): tf.Tensor2D => {
            const pixels = pixelsOf(features).map(({ vectors }) =>
              tf.reshape<tf.Rank.R2>(vectors, [vectors.shape[0], -1]),
            );
            return tf.concat([meansOf(features), ...pixels], 1);
          };
          const { vectors, release } = await gatheredVectors(batches, ({ features }) => rowsOf(features), {
            ...context,
            of: 'images',
            fewest: FEWEST_IMAGES,
            mostNumbers: MOST_NUMBERS,
          });
          learnt.set({
            images: tf.tensor2d(vectors.values, [vectors.values.length / vectors.width, vectors.width]),
          });
          release();
        },
      },
    ],
    detect({ images, features }) {
      const bank = learnt.get<tf.Tensor2D>('images');
      const means = meansOf(features);
      const [count, channels] = means.shape;
      const { distances, indices } = nearestOf(
        means,
        tf.slice2d(bank, [0, 0], [bank.shape[0], channels]),
        Math.min(neighbours, bank.shape[0]),
      );
      const rows = tf.unstack(indices, 1).map((index) => tf.gather(bank, index));
      let begin = channels;
      const maps = pixelsOf(features).map(({ height, width, vectors }) => {
        const [, positions, depth] = vectors.shape;
        const nearest = rows
          .map((row) =>
            nearestDistances(
              vectors,
              tf.reshape(tf.slice2d(row, [0, begin], [count, positions * depth]), vectors.shape),
              pieceFor(positions),
            ),
          )
          .reduce((one, other) => tf.minimum(one, other));
        begin += positions * depth;
        return tf.reshape<tf.Rank.R3>(nearest, [count, height, width]);
      });
      const [, height, width] = images.shape;
      return {
        scores: tf.mean<tf.Tensor1D>(distances, 1),
        maps: combinedMap(maps, [height, width], { combine: 'mean', smoothing }),
      };
    },
    cost() {
      const [count = 0, width = 0] = learnt.state().images?.shape ?? [];
      const { height, width: columns } = imageSize;
      const pairs = tf.tidy(() =>
        pixelsOf(backbone.features(tf.zeros([1, height, columns, 3]), 'eval')).map(
          ({ vectors: { shape } }) => shape[1] ** 2 * shape[2],
        ),
      );
      return {
        parameters: count * width,
        multiplyAdds: Math.min(neighbours, count) * pairs.reduce((sum, products) => sum + products, 0),
      };
    },
  };
}
