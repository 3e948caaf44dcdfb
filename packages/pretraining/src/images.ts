import type { ImageSource, MemoryBudget, RgbImage } from '@adfw/core';

/** A fixed list of images of any sizes, read by index in any order. */
export interface PretrainingImages {
  readonly length: number;
  image(index: number): Promise<RgbImage>;
}

/** The same images; what fits into the budget is read once and kept, the rest is read each time. */
export function keptImages(images: PretrainingImages, budget: MemoryBudget): PretrainingImages {
  const kept = new Map<number, RgbImage>();
  return {
    length: images.length,
    async image(index) {
      const known = kept.get(index);
      if (known) return known;
      const image = await images.image(index);
      if (!kept.has(index) && budget.take(image.data.byteLength)) kept.set(index, image);
      return image;
    },
  };
}

/** The images of several lists, one list after another. */
export function joinedImages(lists: readonly PretrainingImages[]): PretrainingImages {
  return {
    length: lists.reduce((sum, { length }) => sum + length, 0),
    image(index) {
      let position = index;
      for (const list of lists) {
        if (position < list.length) return list.image(position);
        position -= list.length;
      }
      throw new RangeError(`There is no image ${index}.`);
    },
  };
}

/**
 * The same images over and over, as many as fill the last batch: crops of one image differ, so that a batch need not be short of any.
 * They may have any sizes, for only crops of them are looked at.
 */
export const inFullBatches = (images: PretrainingImages, batchSize: number): ImageSource => ({
  length: Math.ceil(images.length / batchSize) * batchSize,
  size: [0, 0],
  image: (index) => images.image(index % images.length),
});
