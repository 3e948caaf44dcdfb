import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import type { Learnable } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import { imagesTensor, type PixelBuffer } from '../images/image-source.js';
import { disposeAll } from '../tensors/stateful.js';
import type { FeatureBuffers, FrozenFeatures } from './frozen-features.js';

/** What batches are written into one after another; see {@link FeatureBuffers}. */
export interface BatchMemory {
  readonly pixels: PixelBuffer;
  readonly features: FeatureBuffers;
}

export const batchMemory = (): BatchMemory => ({
  pixels: { pixels: new Float32Array(0) },
  features: new Map(),
});

type Seer = Pick<Learnable, 'backbone' | 'normalization'>;

/** What a model sees of a batch, computed now; the caller disposes it, with {@link disposeSeen}. */
export function seeImages(
  { backbone, normalization }: Seer,
  batch: readonly RgbImage[],
  memory?: BatchMemory,
): Seen {
  const images = imagesTensor(batch, normalization, memory?.pixels);
  try {
    return { images, features: tidy(() => backbone?.features(images, 'eval') ?? {}) };
  } catch (error) {
    dispose(images);
    throw error;
  }
}

/** The same with features that may have been kept. */
export async function seeKept(
  { normalization }: Seer,
  features: FrozenFeatures,
  indices: readonly number[],
  batch: readonly RgbImage[],
  memory?: BatchMemory,
): Promise<Seen> {
  const pyramid = await features.batch(indices, batch, memory?.features);
  return { images: imagesTensor(batch, normalization, memory?.pixels), features: pyramid };
}

export function disposeSeen({ images, features }: Seen): void {
  images.dispose();
  disposeAll(features);
}
