import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Dataset, RgbImage, Sample } from './dataset.js';
import type { MemoryBudget } from './memory-budget.js';
import { standardize } from './standardize.js';

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
export function imagesTensor(images: readonly RgbImage[]): Tensor4D {
  const { pixels, shape } = imagePixels(images);
  return tidy(() => standardize(tensor4d(pixels, shape)));
}

/** Images of one size as numbers 0 to 255, `[N, H, W, 3]`. */
export function imagePixels(images: readonly RgbImage[]): {
  pixels: Float32Array;
  shape: [number, number, number, number];
} {
  const { height, width } = images[0] as RgbImage;
  const pixels = new Float32Array(images.length * height * width * 3);
  images.forEach((image, index) => {
    if (image.height !== height || image.width !== width)
      throw new RangeError(
        `Images of one batch have one size: ${height}x${width} and ${image.height}x${image.width} were given.`,
      );
    pixels.set(image.data, index * height * width * 3);
  });
  return { pixels, shape: [images.length, height, width, 3] };
}
