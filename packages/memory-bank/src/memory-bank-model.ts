/** PatchCore (Roth et al. 2022): a memory bank of the features of nominal patches; anomalous is a patch that is far from all of them. */
import {
  type Backbone,
  combinedMap,
  type FeaturePyramid,
  type GatherContext,
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
import { greedyCoreset } from './coreset.js';
import { gatheredVectors } from './gathered-vectors.js';
import { nearestDistances, nearestIndices, nearestOf, pieceFor } from './nearest.js';
import { patchFeatures, poolingOption, positionCount, rowsOf } from './patch-features.js';
import { johnsonLindenstrauss, projected } from './random-projection.js';
import { pick, type Vectors, vectorCount } from './vectors.js';

interface MemoryBankOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly pooling: number;
  readonly share: number;
  readonly most: number;
  readonly neighbours: number;
  readonly smoothing: number;
}

/** What is kept even where there is no memory. */
const FEWEST_PATCHES = 4096;
/** How much a projection may change squared distances while the bank is chosen, as in anomalib. */
const DISTORTION = 0.9;

export const memoryBankPart: Part<'model'> = {
  kind: 'model',
  name: 'memory-bank',
  summary:
    'Features of nominal patches, thinned out to a coreset; the distance to the nearest one is the score.',
  reference: 'Roth et al. 2022, "Towards Total Recall in Industrial Anomaly Detection" (PatchCore)',
  options: {
    backbone: slot('backbone', 'The frozen network whose features are kept.', {
      default: { type: 'wide_resnet50_2', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(
      ['layer2', 'layer3'],
      'The layers whose features are put together, shallow to deep; the first one decides how many patches an image has.',
    ),
    pooling: poolingOption,
    share: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'Which part of the patches of all images is kept in the bank.',
    },
    most: {
      type: 'integer',
      minimum: 1,
      default: 50_000,
      description: 'How many patches are kept at most, whatever their share.',
    },
    neighbours: {
      type: 'integer',
      minimum: 1,
      default: 9,
      description:
        'Among how many of the bank, nearest to the one that the most anomalous patch is nearest to, its distance is weighted for the score of the image (b of eq. 7); 1 for the distance as it is.',
    },
    smoothing: { ...smoothingOption, default: 4 },
  },
  async create({ backbone, ...options }: MemoryBankOptions, { imageSize }) {
    return memoryBankModel(await backbone({ layers: options.layers, frozen: true }), options, imageSize);
  },
};

function memoryBankModel(
  backbone: Backbone,
  { pooling, share, most, neighbours, smoothing }: Omit<MemoryBankOptions, 'backbone' | 'layers'>,
  imageSize: Size,
): Model {
  const learnt = held('bank');
  const patchesOf = (features: FeaturePyramid) => patchFeatures(features, backbone.layers, pooling);
  /** How many of so many patches are kept. */
  const sizeOf = (total: number) => Math.max(1, Math.min(most, Math.floor(share * total)));
  return {
    ...onBackbone(backbone, learnt),
    stages: [
      {
        name: 'coreset',
        async gather(batches, context) {
          const { vectors, total, release } = await gatheredVectors(
            batches,
            ({ features }) => rowsOf(patchesOf(features)),
            {
              ...context,
              of: 'patches',
              fewest: FEWEST_PATCHES,
              beside: (total, width) => {
                const length = johnsonLindenstrauss(total, DISTORTION);
                return sizeOf(total) < total && length < width ? length : 0;
              },
            },
          );
          try {
            const { values, width } = await coresetOf(vectors, sizeOf(total), context);
            learnt.set({ bank: tf.tensor2d(values, [values.length / width, width]) });
          } finally {
            release();
          }
        },
      },
    ],
    detect({ images, features }) {
      const patches = patchesOf(features);
      const bank = learnt.get<tf.Tensor2D>('bank');
      const [count, height, width, channels] = patches.shape;
      const positions = height * width;
      const distances = tf.reshape<tf.Rank.R2>(nearestDistances(rowsOf(patches), bank, pieceFor(positions)), [
        count,
        positions,
      ]);
      const map = tf.reshape<tf.Rank.R3>(distances, [count, height, width]);
      const [, imageHeight, imageWidth] = images.shape;
      return {
        scores: imageScores(tf.reshape(patches, [count, positions, channels]), distances, bank, neighbours),
        maps: combinedMap([map], [imageHeight, imageWidth], { smoothing }),
      };
    },
    cost() {
      const [size = 0, channels = 0] = learnt.state().bank?.shape ?? [];
      return {
        parameters: size * channels,
        multiplyAdds: positionCount(backbone, imageSize, patchesOf) * size * channels,
      };
    },
  };
}

/** Those that are kept. They are chosen by their random projections, which take less time to compare. */
async function coresetOf(
  vectors: Vectors,
  count: number,
  { seed, onProgress, signal }: GatherContext,
): Promise<Vectors> {
  const total = vectorCount(vectors);
  if (count >= total) return vectors;
  const shorter = await projected(vectors, johnsonLindenstrauss(total, DISTORTION), seed, signal);
  const chosen = await greedyCoreset(shorter, count, {
    first: Math.floor(namedRandom(seed, 'first')() * total),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  return pick(vectors, chosen);
}

/**
 * The distance of the most anomalous patch p* to the nearest m* of the bank, which counts the more the rarer m* is itself:
 * (1 - exp ‖p* - m*‖ / Σ exp ‖p* - m‖) ‖p* - m*‖, the sum over the b nearest m to m*, itself among them (eqs. 6 and 7).
 *
 * @param patches `[N, P, D]`.
 * @param distances `[N, P]`, to the nearest of the bank.
 * @param bank `[M, D]`.
 * @returns `[N]`.
 */
export const imageScores = (
  patches: tf.Tensor3D,
  distances: tf.Tensor2D,
  bank: tf.Tensor2D,
  neighbours: number,
): tf.Tensor1D =>
  tf.tidy(() => {
    const [count, , channels] = patches.shape;
    const [size] = bank.shape;
    if (neighbours === 1 || size === 1) return tf.max<tf.Tensor1D>(distances, 1);
    const worst = tf.gather(patches, tf.expandDims(tf.argMax(distances, 1), 1), 1, 1);
    const worstRows = tf.reshape<tf.Rank.R2>(worst, [count, channels]);
    const nearest = tf.gather(bank, nearestIndices(worstRows, bank));
    const { indices } = nearestOf(nearest, bank, Math.min(neighbours, size));
    const around = tf.gather(bank, indices) as tf.Tensor;
    const distance = lengths(tf.sub(worstRows, nearest));
    const distancesAround = lengths(tf.sub(worst, around));
    const sum = tf.sum(tf.exp(tf.sub(distancesAround, tf.expandDims(distance, 1))), 1);
    return tf.mul(tf.sub(1, tf.reciprocal(sum)), distance) as tf.Tensor1D;
  });

const lengths = (vectors: tf.Tensor): tf.Tensor => tf.sqrt(tf.sum(tf.square(vectors), -1));
