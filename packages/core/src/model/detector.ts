import { type Tensor, type Tensor1D, type Tensor3D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Normalization } from '../contracts/backbone.js';
import type { RgbImage } from '../contracts/dataset.js';
import type { Detection, Model } from '../contracts/model.js';
import { type ImageSource, imagePixels, readBatch } from '../images/image-source.js';
import { apply } from '../tensors/apply.js';
import { normalize } from '../tensors/normalization.js';

/** What a detector says of one image. */
export interface DetectedImage {
  /** Higher is more anomalous. */
  readonly score: number;
  /** The anomaly map, `H * W` values in rows; null where the model cannot say where. */
  readonly map: Float32Array | null;
}

/** A fitted model that takes pixels. */
export interface Detector {
  /** @param images one size, at least one. */
  detect(images: readonly RgbImage[]): Promise<DetectedImage[]>;
}

/** A detector that is a function of tensors: these can be exported. */
export interface TensorDetector extends Detector {
  /** @param images `[N, H, W, 3]`, normalised by {@link normalization}. */
  tensors(images: Tensor4D): Detection;
  readonly normalization: Normalization;
}

export function detectorOf(model: Model): TensorDetector {
  const { backbone, normalization } = model;
  const results = (images: Tensor4D): Tensor[] =>
    tidy(() => {
      const { scores, maps } = model.detect({ images, features: backbone?.features(images, 'eval') ?? {} });
      return maps ? [scores, maps] : [scores];
    });
  const resultsOfPixels = (pixels: Tensor4D) => results(normalize(pixels, normalization));
  return {
    tensors(images) {
      const [scores, maps = null] = results(images);
      return { scores: scores as Tensor1D, maps: maps as Tensor3D | null };
    },
    normalization,
    async detect(images) {
      const { pixels, shape } = imagePixels(images);
      const [scores, maps] = await apply(resultsOfPixels, pixels, shape);
      const size = shape[1] * shape[2];
      return images.map((_, index) => ({
        score: (scores as Float32Array)[index] as number,
        map: maps?.slice(index * size, (index + 1) * size) ?? null,
      }));
    },
  };
}

export interface ScoredImage extends DetectedImage {
  readonly index: number;
}

/**
 * Scores the images of `source` in order, in batches, the next batch being read while one is scored. The last batch is filled
 * up with repetitions, so that an engine which compiles a network for each batch size compiles one.
 */
export async function* scoreImages(
  detector: Detector,
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
    const detected = await detector.detect(batch);
    for (const [n, image] of detected.slice(0, source.length - start).entries())
      yield { index: start + n, ...image };
  }
}
