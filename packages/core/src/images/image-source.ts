import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Normalization } from '../contracts/backbone.js';
import type { Dataset, RgbImage, Sample, UnlabelledSample } from '../contracts/dataset.js';
import type { Frame } from '../contracts/size.js';
import { spanned, spannedBeside } from '../profile/spans.js';
import { normalize } from '../tensors/normalization.js';
import type { MemoryBudget } from './memory-budget.js';

/** A fixed list of images, read by index in any order. */
export interface ImageSource {
  readonly length: number;
  /** Of each image, or of the frame that images of several shapes are for. */
  readonly size: readonly [height: number, width: number];
  image(index: number): Promise<RgbImage>;
  /**
   * Gives back memory of images that are kept, which are read again when they are asked for: about as much as is wanted, or all.
   * @returns how many bytes.
   */
  forget?(bytes: number): number;
}

/** The images of `samples`; what fits into the budget is decoded once and kept, the rest is decoded each time. */
export function sampleImages(
  dataset: Dataset,
  samples: readonly (Sample | UnlabelledSample)[],
  frame: Frame,
  budget: MemoryBudget,
): ImageSource {
  const { height, width } = frame;
  const kept = new Map<number, RgbImage>();
  return {
    length: samples.length,
    size: [height, width],
    async image(index) {
      const known = kept.get(index);
      if (known) return known;
      const sample = samples[index] as Sample | UnlabelledSample;
      const image = await spannedBeside('reading an image', () => dataset.image(sample, frame));
      if (!kept.has(index) && budget.take(image.data.byteLength)) kept.set(index, image);
      return image;
    },
    forget(bytes) {
      let given = 0;
      for (const [index, { data }] of kept) {
        if (given >= bytes) break;
        kept.delete(index);
        budget.giveBack(data.byteLength);
        given += data.byteLength;
      }
      return given;
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

/** Images of one size as the tensor a network takes: `[N, H, W, 3]`, normalised. */
export function imagesTensor(
  images: readonly RgbImage[],
  normalization?: Normalization,
  buffer?: PixelBuffer,
): Tensor4D {
  const { pixels, shape } = imagePixels(images, buffer);
  return tidy(() => normalize(tensor4d(pixels, shape), normalization));
}

/** One source after the other. */
export const joinedImages = (first: ImageSource, second: ImageSource): ImageSource => ({
  length: first.length + second.length,
  size: first.size,
  image: (index) => (index < first.length ? first.image(index) : second.image(index - first.length)),
});

/** A batch of images, and their indices. */
export interface ReadBatch {
  readonly indices: readonly number[];
  readonly batch: readonly RgbImage[];
}

/** How many batches are read while the caller works on one: a batch that takes longer to read than its step waits for none that follow. */
const AHEAD = 2;

/** Reads batches before they are asked for. */
export interface BatchReader {
  /**
   * Goes through batches in order.
   * @param following what the caller reads next: the same arrays of indices, of which the first are read before these are done.
   */
  batches(
    batches: readonly (readonly number[])[],
    following?: readonly (readonly number[])[],
  ): AsyncGenerator<ReadBatch>;
}

/**
 * Reads batches of `images` while the caller works on earlier ones. An image that cannot be read is an error where its batch is asked for,
 * not before.
 */
export function batchReader(images: ImageSource): BatchReader {
  const begun = new Map<readonly number[], Promise<RgbImage[]>>();
  const begin = (indices: readonly number[]): void => {
    if (begun.has(indices)) return;
    const reading = readBatch(images, indices);
    // It is awaited later, or never; until then a rejection is no unhandled one.
    reading.catch(() => undefined);
    begun.set(indices, reading);
  };
  return {
    async *batches(batches, following = []) {
      const all = [...batches, ...following.slice(0, AHEAD)];
      for (const [position, indices] of batches.entries()) {
        begin(indices);
        const reading = begun.get(indices) as Promise<RgbImage[]>;
        const batch = await spanned('waiting for images', () => reading);
        begun.delete(indices);
        for (const next of all.slice(position + 1, position + 1 + AHEAD)) begin(next);
        yield { indices, batch };
      }
    },
  };
}

/** Goes through batches in order, each read while the caller works on earlier ones. */
export const readBatches = (
  images: ImageSource,
  batches: readonly (readonly number[])[],
): AsyncGenerator<ReadBatch> => batchReader(images).batches(batches);

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
