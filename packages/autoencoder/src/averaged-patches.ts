/** Images that are worked on in patches which overlap. */
import { inBatches, type PatchGrid, patchesAt, patchStarts, tf } from '@adfw/core';

/** Patches of a row that go through at once: what memory takes does not grow with the images' size, but for images themselves. */
const PATCHES_AT_ONCE = 8;

/**
 * What `change` makes of the patches, put back in their places, and averaged where they overlap. The rows of patches are gone through one
 * after another, and in each row a few patches of all images at a time.
 * @param images `[N, H, W, C]`.
 * @param change `[n, size, size, C]` to the same shape.
 * @returns `[N, H, W, C]`.
 */
export function averagedPatches(
  images: tf.Tensor4D,
  grid: PatchGrid,
  change: (patches: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  const [, height, width] = images.shape;
  const { size } = grid;
  const [tops, lefts] = [patchStarts(height, grid), patchStarts(width, grid)];
  const shares = rowShares(height, tops, size);
  return tf.tidy(() => {
    const across = coverings(width, lefts, size);
    return tops.reduce<tf.Tensor4D | null>((before, top) => {
      const after = tf.tidy(() => {
        const changed = inBatches(lefts, PATCHES_AT_ONCE).map((some) =>
          tf.tidy(() => sideBySide(change(patchesAt(images, [top], some, size)), some.length)),
        );
        const averaged = averagedAlong(tf.concat(changed, 2), across);
        const share = tf.tensor4d(shares.slice(top, top + size), [1, size, 1, 1]);
        const around: [number, number] = [top, height - size - top];
        const padded = tf.pad4d(tf.mul<tf.Tensor4D>(averaged, share), [[0, 0], around, [0, 0], [0, 0]]);
        return before ? tf.add<tf.Tensor4D>(before, padded) : padded;
      });
      before?.dispose();
      return after;
    }, null) as tf.Tensor4D;
  });
}

/** `[N, size, n · size, C]` of the `n` patches of each image. */
function sideBySide(patches: tf.Tensor4D, n: number): tf.Tensor4D {
  const [all, size, , channels] = patches.shape;
  const byImage = tf.reshape(patches, [all / n, n, size, size * channels]);
  return tf.reshape(tf.transpose(byImage, [0, 2, 1, 3]), [all / n, size, n * size, channels]);
}

/** Of each pixel of an axis one of the patches that it is in: where it is in all of them side by side, and 1 / how many there are. */
interface Covering {
  readonly places: tf.Tensor1D;
  /** `[1, 1, W, 1]`; 0 for a pixel that is in fewer patches. */
  readonly weights: tf.Tensor4D;
}

function coverings(length: number, starts: readonly number[], size: number): Covering[] {
  const places = Array.from({ length }, (_, pixel) =>
    starts.flatMap((start, patch) =>
      pixel >= start && pixel < start + size ? [patch * size + pixel - start] : [],
    ),
  );
  const most = Math.max(...places.map((own) => own.length));
  return Array.from({ length: most }, (_, index) => ({
    places: tf.tensor1d(
      places.map((own) => own[index] ?? 0),
      'int32',
    ),
    weights: tf.tensor4d(
      places.map((own) => (index < own.length ? 1 / own.length : 0)),
      [1, 1, length, 1],
    ),
  }));
}

const averagedAlong = (patches: tf.Tensor4D, across: readonly Covering[]): tf.Tensor4D =>
  across
    .map(({ places, weights }) => tf.mul<tf.Tensor4D>(tf.gather(patches, places, 2), weights))
    .reduce((sum, one) => tf.add(sum, one));

/** 1 / how many rows of patches each pixel of a column is in. */
const rowShares = (height: number, tops: readonly number[], size: number): number[] =>
  Array.from(
    { length: height },
    (_, pixel) => 1 / tops.filter((top) => pixel >= top && pixel < top + size).length,
  );
