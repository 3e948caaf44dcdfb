import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Learnable } from '../contracts/model.js';
import { type ImageSource, imagesTensor, readBatches } from '../images/image-source.js';
import type { MemoryBudget } from '../images/memory-budget.js';
import { inBatches } from '../images/random-order.js';
import { spanned } from '../profile/spans.js';

/**
 * A frozen network's pyramids of a list of images: each image's is computed once and kept while the budget lasts; those of images
 * beyond it are computed each time they are asked for.
 */
export interface FrozenFeatures {
  /** How many images' pyramids are kept. */
  readonly kept: number;
  /**
   * Pyramid of the images at `indices`, which are also given themselves; the caller disposes it.
   * @param buffers what is written over, by layer; without it memory is new.
   */
  batch(
    indices: readonly number[],
    images: readonly RgbImage[],
    buffers?: FeatureBuffers,
  ): Promise<FeaturePyramid>;
  /** Keeps none any more, and gives the budget back what they took. */
  release(): void;
}

/**
 * Memory that pyramids are written into one after another, by layer: new memory for each would cost more time than what is written into
 * it. An engine that computes only when a value is asked for must have been asked before.
 */
export type FeatureBuffers = Map<string, Float32Array>;

export interface FrozenFeaturesOptions {
  /** How many images go through the network at once. */
  batchSize: number;
  budget: MemoryBudget;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** One image's features of each layer, `Hk * Wk * Ck` values. */
type ImageFeatures = Record<string, Float32Array>;

// Batches of images the budget had no room for are filled up to a multiple of this: an engine that compiles a network for each
// batch size then sees a handful of sizes, not every one.
const BATCH_STEP = 8;

/** @param backbone gives nothing where it is missing. */
export async function frozenFeatures(
  { backbone, normalization }: Pick<Learnable, 'backbone' | 'normalization'>,
  images: ImageSource,
  { batchSize, budget, onProgress, signal }: FrozenFeaturesOptions,
): Promise<FrozenFeatures> {
  if (!backbone) return noFeatures;
  const network = backbone;
  const shapes: Record<string, [number, number, number]> = {};

  async function compute(batch: readonly RgbImage[]): Promise<ImageFeatures[]> {
    const pyramid = tidy(() => network.features(imagesTensor(batch, normalization), 'eval'));
    const features: ImageFeatures[] = batch.map(() => ({}));
    for (const [layer, tensor] of Object.entries(pyramid)) {
      const [, height, width, channels] = tensor.shape;
      shapes[layer] = [height, width, channels];
      const length = height * width * channels;
      const values = (await tensor.data()) as Float32Array;
      features.forEach((image, index) => {
        image[layer] = values.slice(index * length, (index + 1) * length);
      });
      tensor.dispose();
    }
    return features;
  }

  const kept = new Map<number, ImageFeatures>();
  const release = () => {
    for (const features of kept.values()) budget.giveBack(byteLength(features));
    kept.clear();
  };
  try {
    const batches = inBatches([...Array(images.length).keys()], batchSize);
    for await (const { indices, batch } of readBatches(images, batches)) {
      signal?.throwIfAborted();
      const features = await spanned('features', () => compute(batch));
      indices.forEach((index, position) => {
        const image = features[position] as ImageFeatures;
        if (budget.take(byteLength(image))) kept.set(index, image);
      });
      onProgress?.(kept.size, images.length);
      if (indices.some((index) => !kept.has(index))) break;
    }
  } catch (error) {
    release();
    throw error;
  }

  return {
    kept: kept.size,
    release,
    async batch(indices, batch, buffers = new Map()) {
      const features = indices.map((index) => kept.get(index));
      const missing = [...features.keys()].filter((position) => !features[position]);
      if (missing.length > 0) {
        const filled = Math.min(indices.length, Math.ceil(missing.length / BATCH_STEP) * BATCH_STEP);
        const positions = Array.from({ length: filled }, (_, n) => missing[n] ?? (missing[0] as number));
        const given = positions.map((position) => batch[position] as RgbImage);
        const computed = await spanned('features', () => compute(given));
        missing.forEach((position, n) => {
          features[position] = computed[n];
        });
      }
      return Object.fromEntries(
        Object.entries(shapes).map(([layer, shape]) => {
          const length = shape[0] * shape[1] * shape[2];
          const values = bufferOf(buffers, layer, indices.length * length);
          features.forEach((image, position) => {
            values.set((image as ImageFeatures)[layer] as Float32Array, position * length);
          });
          return [layer, tensor4d(values, [indices.length, ...shape])];
        }),
      );
    },
  };
}

function bufferOf(buffers: FeatureBuffers, layer: string, length: number): Float32Array {
  const known = buffers.get(layer);
  if (known?.length === length) return known;
  const buffer = new Float32Array(length);
  buffers.set(layer, buffer);
  return buffer;
}

export const noFeatures: FrozenFeatures = { kept: 0, release() {}, batch: async () => ({}) };

const byteLength = (features: ImageFeatures): number =>
  Object.values(features).reduce((bytes, values) => bytes + values.byteLength, 0);
