import { type Tensor3D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import type { RgbImage } from '../contracts/dataset.js';
import type { ScoreFunction } from '../contracts/score-function.js';
import { type ImageSource, imagePixels, readBatch } from '../images/image-source.js';
import { apply } from '../tensors/apply.js';
import { standardize } from '../tensors/normalization.js';

/** A fitted model of any kind: it turns images into anomaly maps. Distillation is one kind; others need only this. */
export interface AnomalyDetector {
  /**
   * @param images one size, at least one.
   * @returns for each image its anomaly map, `H * W` values in rows; higher is more anomalous.
   */
  anomalyMaps(images: readonly RgbImage[]): Promise<Float32Array[]>;
  /**
   * The same as a function of tensors, for detectors that are one: only these can be exported.
   * @param images `[N, H, W, 3]`, standardised as by {@link standardize}.
   * @returns their maps, `[N, H, W]`.
   */
  readonly mapTensor?: (images: Tensor4D) => Tensor3D;
}

/** A detector whose maps are a score of what the teacher and its students see. */
export function distillationDetector(
  teacher: Backbone,
  students: readonly Backbone[],
  score: ScoreFunction,
): AnomalyDetector {
  const mapTensor = (images: Tensor4D): Tensor3D =>
    tidy(() => {
      const [, height, width] = images.shape;
      const pyramid = teacher.features(images, 'eval');
      const pyramids = students.map((student) => student.features(images, 'eval', pyramid));
      return score.anomalyMaps(pyramid, pyramids, [height, width]).combined;
    });
  const mapsOf = (pixels: Tensor4D): Tensor3D => mapTensor(standardize(pixels));
  return {
    mapTensor,
    async anomalyMaps(images) {
      const { pixels, shape } = imagePixels(images);
      const [, height, width] = shape;
      const values = await apply(mapsOf, pixels, shape);
      return images.map((_, index) => values.slice(index * height * width, (index + 1) * height * width));
    },
  };
}

/** The image-level score: the maximum of its anomaly map (eq. 5.5). */
export function imageScore(map: Float32Array): number {
  let maximum = Number.NEGATIVE_INFINITY;
  for (const value of map) if (value > maximum) maximum = value;
  return maximum;
}

export interface ScoredImage {
  index: number;
  map: Float32Array;
  score: number;
}

/**
 * Scores the images of `source` in order, in batches, the next batch being read while one is scored. The last batch is filled
 * up with repetitions, so that an engine which compiles a network for each batch size compiles one.
 */
export async function* scoreImages(
  detector: AnomalyDetector,
  source: ImageSource,
  { batchSize, signal }: { batchSize: number; signal?: AbortSignal },
): AsyncGenerator<ScoredImage> {
  const size = Math.min(batchSize, source.length);
  const indicesFrom = (start: number) =>
    Array.from({ length: size }, (_, n) => Math.min(start + n, source.length - 1));
  let next = size > 0 ? readBatch(source, indicesFrom(0)) : undefined;
  for (let start = 0; start < source.length; start += size) {
    signal?.throwIfAborted();
    const batch = await (next as Promise<RgbImage[]>);
    if (start + size < source.length) {
      next = readBatch(source, indicesFrom(start + size));
      next.catch(() => undefined);
    }
    const maps = await detector.anomalyMaps(batch);
    for (const [n, map] of maps.slice(0, source.length - start).entries())
      yield { index: start + n, map, score: imageScore(map) };
  }
}
