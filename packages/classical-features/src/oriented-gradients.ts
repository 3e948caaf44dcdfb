/** Histograms of oriented gradients (Dalal and Triggs 2005, "Histograms of Oriented Gradients for Human Detection"). */
import { tf } from '@adfw/core';

export interface OrientedGradientsOptions {
  /** Height and width of a cell, in pixels. */
  readonly cell: number;
  /** Height and width of a block, in cells. */
  readonly block: number;
  /** Bins of the angle, over 180 degrees. */
  readonly orientations: number;
}

/** What no element of a normalised block exceeds, before it is normalised once more. */
const CLIPPED_AT = 0.2;
const EPSILON = 1e-5;

/**
 * Of each cell how strong the gradients of its pixels are in each direction, and of each block of cells these histograms, divided by their
 * length (L2-Hys). A pixel's gradient is that of the channel where it is largest; it votes for one bin. scikit-image's `hog` with
 * `channel_axis` gives the same numbers.
 *
 * @param images `[N, H, W, 3]`, on any scale. Pixels beyond the last whole cell are left out.
 * @returns `[N, blocks, blocks, block · block · orientations]`: the cells of a block in rows, of each its orientations.
 */
export const orientedGradients = (
  images: tf.Tensor4D,
  { cell, block, orientations }: OrientedGradientsOptions,
): tf.Tensor4D =>
  tf.tidy(() => {
    const { rows, columns } = strongestGradients(images);
    const magnitudes = tf.sqrt(tf.add(tf.square(rows), tf.square(columns)));
    const votes = tf.mul<tf.Tensor4D>(magnitudes, inBins(rows, columns, orientations));
    return normalizedBlocks(tf.avgPool(votes, cell, cell, 'valid'), block);
  });

/** Differences of the pixels on either side, 0 at the border, of the channel where they are largest: `[N, H, W, 1]` each. */
function strongestGradients(images: tf.Tensor4D): { rows: tf.Tensor4D; columns: tf.Tensor4D } {
  const [, height, width] = images.shape;
  const across = (axis: 1 | 2): tf.Tensor4D => {
    const length = axis === 1 ? height : width;
    const part = (start: number) =>
      tf.slice(
        images,
        axis === 1 ? [0, start, 0, 0] : [0, 0, start, 0],
        axis === 1 ? [-1, length - 2, -1, -1] : [-1, -1, length - 2, -1],
      );
    const margin: [number, number] = [1, 1];
    const none: [number, number] = [0, 0];
    return tf.pad(tf.sub<tf.Tensor4D>(part(2), part(0)), [
      none,
      axis === 1 ? margin : none,
      axis === 2 ? margin : none,
      none,
    ]);
  };
  const [rows, columns] = [across(1), across(2)];
  const squares = tf.add<tf.Tensor4D>(tf.square(rows), tf.square(columns));
  const ofChannel = (values: tf.Tensor4D, channel: number) =>
    tf.slice(values, [0, 0, 0, channel], [-1, -1, -1, 1]);
  let strongest = {
    rows: ofChannel(rows, 0),
    columns: ofChannel(columns, 0),
    squares: ofChannel(squares, 0),
  };
  for (let channel = 1; channel < images.shape[3]; channel++) {
    const isStronger = tf.greater(ofChannel(squares, channel), strongest.squares);
    const choose = (values: tf.Tensor4D, before: tf.Tensor4D) =>
      tf.where(isStronger, ofChannel(values, channel), before);
    strongest = {
      rows: choose(rows, strongest.rows),
      columns: choose(columns, strongest.columns),
      squares: choose(squares, strongest.squares),
    };
  }
  return strongest;
}

/**
 * 1 in the bin of each gradient's angle, modulo 180 degrees, 0 in the others: `[N, H, W, orientations]`. Without the angle: a
 * gradient that points up has passed the direction θ where its cross product with it is not negative.
 */
function inBins(rows: tf.Tensor4D, columns: tf.Tensor4D, orientations: number): tf.Tensor4D {
  const isDown = tf.logicalOr(tf.less(rows, 0), tf.logicalAnd(tf.equal(rows, 0), tf.less(columns, 0)));
  const upwards = tf.where(isDown, tf.neg(tf.onesLike(rows)), tf.onesLike(rows));
  const angles = Array.from({ length: orientations }, (_, bin) => (bin * Math.PI) / orientations);
  // Where a direction is that of an axis, exactly so.
  const exact = (value: number) => (Math.abs(value) < 1e-15 ? 0 : value);
  const cosines = tf.tensor1d(angles.map((angle) => exact(Math.cos(angle))));
  const sines = tf.tensor1d(angles.map((angle) => exact(Math.sin(angle))));
  const crossed = tf.sub(tf.mul(tf.mul(rows, upwards), cosines), tf.mul(tf.mul(columns, upwards), sines));
  const passed = tf.cast(tf.greaterEqual(crossed, 0), 'float32') as tf.Tensor4D;
  const next = tf.pad(tf.slice(passed, [0, 0, 0, 1], [-1, -1, -1, orientations - 1]), [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 1],
  ]);
  return tf.sub(passed, next);
}

/** @param cells `[N, rows, columns, orientations]`. */
function normalizedBlocks(cells: tf.Tensor4D, block: number): tf.Tensor4D {
  const [, rows, columns] = cells.shape;
  const shifted = Array.from({ length: block * block }, (_, index) =>
    tf.slice(
      cells,
      [0, Math.floor(index / block), index % block, 0],
      [-1, rows - block + 1, columns - block + 1, -1],
    ),
  );
  const clipped = tf.minimum<tf.Tensor4D>(normalized(tf.concat(shifted, 3)), CLIPPED_AT);
  return normalized(clipped);
}

const normalized = (vectors: tf.Tensor4D): tf.Tensor4D =>
  tf.div(vectors, tf.sqrt(tf.add(tf.sum(tf.square(vectors), 3, true), EPSILON ** 2)));
