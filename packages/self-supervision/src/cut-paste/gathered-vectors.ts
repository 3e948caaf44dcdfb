/** The vectors that a density is fitted to. */
import { imagePatches, type PatchGrid, randomOrder, type Seen, tf } from '@adfw/core';

/**
 * The vectors of all batches, one under another. Of images that are taken apart, one goes at a time, and of its pieces {@link AT_ONCE}.
 * @param piecesOf what one image `[1, H, W, C]`, of this number among all, is taken apart into, `[n, h, w, C]`; null for whole images.
 * @param vectorsOf `[n, D]` of images or pieces.
 */
export async function gatheredVectors(
  batches: AsyncIterable<Seen>,
  piecesOf: ((image: tf.Tensor4D, index: number) => tf.Tensor4D) | null,
  vectorsOf: (images: tf.Tensor4D) => tf.Tensor2D,
): Promise<tf.Tensor2D> {
  const parts: tf.Tensor2D[] = [];
  // A batch's images hold until the next one is asked for.
  const add = async (work: () => tf.Tensor2D) => {
    const part = tf.tidy(work);
    parts.push(part);
    await part.data();
  };
  let first = 0;
  try {
    for await (const { images } of batches) {
      const [count] = images.shape;
      if (!piecesOf) await add(() => vectorsOf(images));
      for (let at = 0; piecesOf && at < count; at++)
        await add(() => inParts(piecesOf(tf.slice(images, [at], [1]), first + at), vectorsOf));
      first += count;
    }
    return tf.concat(parts, 0);
  } finally {
    tf.dispose(parts);
  }
}

/** What goes through a network at once. */
const AT_ONCE = 192;

function inParts(pieces: tf.Tensor4D, vectorsOf: (pieces: tf.Tensor4D) => tf.Tensor2D): tf.Tensor2D {
  const [count] = pieces.shape;
  const parts = Array.from({ length: Math.ceil(count / AT_ONCE) }, (_, part) => {
    const from = part * AT_ONCE;
    return vectorsOf(tf.slice(pieces, [from], [Math.min(AT_ONCE, count - from)]));
  });
  return tf.concat(parts, 0);
}

/** How many patches a covariance is computed from, at most, unless there are more images: more move it no further. */
const MOST_PATCHES = 16384;

interface Drawing {
  /** Of all images. */
  readonly total: number;
  readonly seed: number;
  /** Number of this image. */
  readonly index: number;
}

/**
 * Of an image `[1, H, W, C]` all patches, or so many, drawn from the seed, that those of all images are 16,384 at most, but one at least.
 * @returns `[n, size, size, C]`.
 */
export function drawnPatches(
  image: tf.Tensor4D,
  grid: PatchGrid,
  { total, seed, index }: Drawing,
): tf.Tensor4D {
  return tf.tidy(() => {
    const patches = imagePatches(image, grid);
    const wanted = Math.max(1, Math.floor(MOST_PATCHES / total));
    if (wanted >= patches.shape[0]) return patches;
    const drawn = randomOrder(patches.shape[0], seed, index).slice(0, wanted);
    return tf.gather(patches, tf.tensor1d(drawn, 'int32'));
  });
}
