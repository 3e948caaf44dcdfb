import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Dataset, RgbImage, Sample } from '../contracts/dataset.js';
import { standardize } from '../tensors/normalization.js';
import type { MemoryBudget } from './memory-budget.js';
import { inBatches } from './random-order.js';

/** A fixed list of images of one size, read by index in any order. */
export interface ImageSource {
  readonly length: number;
  readonly size: readonly [height: number, width: number];
  image(index: number): Promise<RgbImage>;
}

/** The images of `samples`; what fits into the budget is decoded once and kept, the rest is decoded each time. */
export function sampleImages(
  dataset: Dataset,
  samples: readonly Sample[],
  budget: MemoryBudget,
): ImageSource {
  const { height, width } = dataset.imageSize;
  const kept = new Map<number, RgbImage>();
  return {
    length: samples.length,
    size: [height, width],
    async image(index) {
      const known = kept.get(index);
      if (known) return known;
      const image = await dataset.image(samples[index] as Sample);
      if (!kept.has(index) && budget.take(image.data.byteLength)) kept.set(index, image);
      return image;
    },
  };
}

/** The images of `source` at `indices`, one after another under indices of their own. */
export const pickImages = (source: ImageSource, indices: readonly number[]): ImageSource => ({
  length: indices.length,
  size: source.size,
  image: (index) => source.image(indices[index] as number),
});

/** Reads the images at `indices` as one batch. */
export const readBatch = (source: ImageSource, indices: readonly number[]): Promise<RgbImage[]> =>
  Promise.all(indices.map((index) => source.image(index)));

/** Images of one size as the tensor a backbone takes: `[N, H, W, 3]`, standardised. */
export function imagesTensor(images: readonly RgbImage[], buffer?: PixelBuffer): Tensor4D {
  const { pixels, shape } = imagePixels(images, buffer);
  return tidy(() => standardize(tensor4d(pixels, shape)));
}

export interface ImageBatchOptions {
  batchSize: number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * All images of `source` in order, as the tensors a backbone takes; each batch is disposed when the next one is asked for. May be
 * gone through more than once.
 * @throws the signal's reason when it is aborted.
 */
export const imageBatches = (source: ImageSource, options: ImageBatchOptions): AsyncIterable<Tensor4D> => ({
  [Symbol.asyncIterator]: () => batchesOnce(source, options),
});

async function* batchesOnce(
  source: ImageSource,
  { batchSize, onProgress, signal }: ImageBatchOptions,
): AsyncGenerator<Tensor4D> {
  let done = 0;
  for (const indices of inBatches([...Array(source.length).keys()], batchSize)) {
    signal?.throwIfAborted();
    const batch = imagesTensor(await readBatch(source, indices));
    try {
      yield batch;
    } finally {
      batch.dispose();
    }
    done += indices.length;
    onProgress?.(done, source.length);
  }
}

/** Memory that batches are written into one after another: new memory for each costs more time than writing it. */
export interface PixelBuffer {
  pixels: Float32Array;
}

/**
 * Images of one size as numbers 0 to 255, `[N, H, W, 3]`.
 * @param buffer where the numbers are written; what was there before must not be in use any more.
 */
export function imagePixels(
  images: readonly RgbImage[],
  buffer: PixelBuffer = { pixels: new Float32Array(0) },
): {
  pixels: Float32Array;
  shape: [number, number, number, number];
} {
  const { height, width } = images[0] as RgbImage;
  const length = images.length * height * width * 3;
  if (buffer.pixels.length !== length) buffer.pixels = new Float32Array(length);
  const { pixels } = buffer;
  images.forEach((image, index) => {
    if (image.height !== height || image.width !== width)
      throw new RangeError(
        `Images of one batch have one size: ${height}x${width} and ${image.height}x${image.width} were given.`,
      );
    pixels.set(image.data, index * height * width * 3);
  });
  return { pixels, shape: [images.length, height, width, 3] };
}
