/** The vectors that a density is fitted to. */
import { randomOrder, type Seen, tf } from '@adfw/core';
import { imagePatches, type PatchGrid } from './patch-grid.js';

/**
 * What is made of all batches, one under another.
 * @param vectorsOf `[n, D]` of a batch, whose first image is number `first` of all.
 */
export async function gatheredVectors(
  batches: AsyncIterable<Seen>,
  vectorsOf: (seen: Seen, first: number) => tf.Tensor2D,
): Promise<tf.Tensor2D> {
  const parts: tf.Tensor2D[] = [];
  let first = 0;
  try {
    for await (const seen of batches) {
      const part = tf.tidy(() => vectorsOf(seen, first));
      parts.push(part);
      // A batch's images hold until the next one is asked for.
      await part.data();
      first += seen.images.shape[0];
    }
    return tf.concat(parts, 0);
  } finally {
    tf.dispose(parts);
  }
}

/** How many patches a covariance is computed from, at most, unless there are more images: more move it no further. */
const MOST_PATCHES = 16384;

interface Drawing {
  /** Of all images. */
  readonly total: number;
  readonly seed: number;
  /** Number of the first of these images. */
  readonly first: number;
}

/**
 * Of each image all patches, or so many, drawn from the seed, that those of all images are 16,384 at most, but one at least.
 * @returns `[n, size, size, C]`.
 */
export function drawnPatches(
  images: tf.Tensor4D,
  grid: PatchGrid,
  { total, seed, first }: Drawing,
): tf.Tensor4D {
  return tf.tidy(() => {
    const patches = imagePatches(images, grid);
    const [count] = images.shape;
    const each = patches.shape[0] / count;
    const wanted = Math.max(1, Math.floor(MOST_PATCHES / total));
    if (wanted >= each) return patches;
    const drawn = Array.from({ length: count }, (_, at) =>
      randomOrder(each, seed, first + at)
        .slice(0, wanted)
        .map((patch) => at * each + patch),
    ).flat();
    return tf.gather(patches, tf.tensor1d(drawn, 'int32'));
  });
}
