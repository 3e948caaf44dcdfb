import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import type { Learnable } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import { imagesTensor, type PixelBuffer } from '../images/image-source.js';
import { disposeAll } from '../tensors/stateful.js';
import type { FrozenFeatures } from './frozen-features.js';

type Seer = Pick<Learnable, 'backbone' | 'normalization'>;

/** What a model sees of a batch, computed now; the caller disposes it, with {@link disposeSeen}. */
export function seeImages(
  { backbone, normalization }: Seer,
  batch: readonly RgbImage[],
  buffer?: PixelBuffer,
): Seen {
  const images = imagesTensor(batch, normalization, buffer);
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
  buffer?: PixelBuffer,
): Promise<Seen> {
  const pyramid = await features.batch(indices, batch);
  return { images: imagesTensor(batch, normalization, buffer), features: pyramid };
}

export function disposeSeen({ images, features }: Seen): void {
  images.dispose();
  disposeAll(features);
}
