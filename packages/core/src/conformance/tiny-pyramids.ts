/** Feature pyramids to try losses and scores with, in the shapes of a {@link tinyNetwork}'s. */
import { add, dispose, mul, randomNormal, relu, type Tensor4D, tidy, zerosLike } from '@tensorflow/tfjs-core';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import { tinyShapes } from './tiny-network.js';

/** As a teacher's: zeros, and positive values about 1. */
export const teacherPyramid = (
  layers: readonly string[],
  images: number,
  size: readonly [number, number],
  seed: number,
): FeaturePyramid =>
  Object.fromEntries(
    tinyShapes(layers, images, size).map(([layer, shape], index) => [
      layer,
      tidy(() => relu(randomNormal(shape, 0.5, 1, 'float32', seed + index * 101)) as Tensor4D),
    ]),
  );

/** The same pyramid with noise of this deviation on it; from the same seed, noise of another deviation is a multiple. */
export const withNoise = (pyramid: FeaturePyramid, deviation: number, seed: number): FeaturePyramid =>
  mapPyramid(pyramid, (features, index) =>
    add(features, mul(randomNormal(features.shape, 0, 1, 'float32', seed + index * 101), deviation)),
  );

export const zeroPyramid = (pyramid: FeaturePyramid): FeaturePyramid => mapPyramid(pyramid, zerosLike);

export const mapPyramid = (
  pyramid: FeaturePyramid,
  change: (features: Tensor4D, index: number, layer: string) => Tensor4D,
): FeaturePyramid =>
  Object.fromEntries(
    Object.entries(pyramid).map(([layer, features], index) => [
      layer,
      tidy(() => change(features, index, layer)),
    ]),
  );

/** Calls `work` with what makes pyramids that are disposed of after it. */
export async function withPyramids<T>(
  work: (own: (pyramid: FeaturePyramid) => FeaturePyramid) => Promise<T>,
): Promise<T> {
  const owned: FeaturePyramid[] = [];
  try {
    return await work((pyramid) => {
      owned.push(pyramid);
      return pyramid;
    });
  } finally {
    dispose(owned);
  }
}
