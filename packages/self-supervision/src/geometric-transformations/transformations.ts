/** The transformations of Golan and El-Yaniv 2018, section 4.1: mirrored or not, moved by a step along each axis or not, turned by quarters. */
import { ConfigurationError, type Random, type Size, tf } from '@adfw/core';

export interface Transformation {
  /** Left and right are exchanged first. */
  readonly mirrored: boolean;
  /** Steps that the mirrored image is then moved; what comes in at the edge is reflected there. */
  readonly down: Step;
  readonly right: Step;
  /** Turns by 90 degrees at last, against the clock. */
  readonly turns: number;
}
type Step = -1 | 0 | 1;

const steps = [0, -1, 1] as const;

/** All 72; the first one leaves an image as it is. */
export const transformations: readonly Transformation[] = [false, true].flatMap((mirrored) =>
  steps.flatMap((down) =>
    steps.flatMap((right) => [0, 1, 2, 3].map((turns) => ({ mirrored, down, right, turns }))),
  ),
);

/** The deepest maps of the network, which halves twice, then have 2x2 positions, and a step can be 2 pixels. */
export const LEAST_SIZE = 8;

/** Pixels of a step, of a share of the image's side. @throws ConfigurationError where images cannot be turned, or moved. */
export function stepOf({ height, width }: Size, shift: number): number {
  if (height !== width)
    throw new ConfigurationError(
      `Images of ${height}x${width} cannot be turned by quarters: geometric transformations need squares. Give $.images.size one number, as 32.`,
    );
  if (height < LEAST_SIZE)
    throw new ConfigurationError(
      `Images of ${height}x${width} are too small for geometric transformations, whose network halves them twice: give $.images.size ${LEAST_SIZE} or more.`,
    );
  const step = Math.round(shift * height);
  if (step < 1)
    throw new ConfigurationError(
      `A shift of ${shift} moves images of ${height}x${width} by less than a pixel: give $.model.shift ${Math.ceil(1000 / height) / 1000} or more.`,
    );
  return step;
}

/** Where transformed images take their pixels from. */
export interface TransformedPixels {
  /** Pixels on a side. */
  readonly size: number;
  /** `[72, size²]`, row by row: the number of the pixel that each one is a copy of. */
  readonly sources: Int32Array;
}

/**
 * @param size of the images, pixels on a side.
 * @param step pixels, fewer than `size`.
 */
export function transformedPixels(size: number, step: number): TransformedPixels {
  const pixels = size * size;
  const sources = new Int32Array(transformations.length * pixels);
  for (const [number, transformation] of transformations.entries())
    for (let pixel = 0; pixel < pixels; pixel++)
      sources[number * pixels + pixel] = sourceOf(transformation, pixel, size, step);
  return { size, sources };
}

/** The pixel of the image that is at `pixel` of the transformed one: backwards through turning, moving and mirroring. */
function sourceOf(
  { mirrored, down, right, turns }: Transformation,
  pixel: number,
  size: number,
  step: number,
) {
  let [row, column] = [Math.floor(pixel / size), pixel % size];
  for (let turn = 0; turn < turns; turn++) [row, column] = [column, size - 1 - row];
  row = reflected(row - down * step, size);
  column = reflected(column - right * step, size);
  return row * size + (mirrored ? size - 1 - column : column);
}

/** A place beyond the edge, mirrored at the outermost pixel, which is not repeated: numpy's `reflect`. */
const reflected = (place: number, size: number) =>
  place < 0 ? -place : place >= size ? 2 * (size - 1) - place : place;

/**
 * The transformations `from` to below `to` of each image, image by image, all 72 by default.
 * @returns `[(to − from) N, H, H, C]` of images `[N, H, H, C]`.
 */
export function allTransformed(
  images: tf.Tensor4D,
  { size, sources }: TransformedPixels,
  from = 0,
  to = transformations.length,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [pixels, channels] = [size * size, images.shape[3]];
    const wanted = tf.tensor1d(sources.slice(from * pixels, to * pixels), 'int32');
    const byPixel = tf.reshape(images, [-1, pixels, channels]);
    return tf.reshape(tf.gather(byPixel, wanted, 1), [-1, size, size, channels]);
  });
}

/**
 * So many transformations of each image as there are numbers for it.
 * @param labels numbers of transformations of the images, image by image.
 * @returns `[labels, H, H, C]`.
 */
export function transformed(
  images: tf.Tensor4D,
  labels: readonly number[],
  { size, sources }: TransformedPixels,
): tf.Tensor4D {
  const [count, , , channels] = images.shape;
  const pixels = size * size;
  const each = labels.length / count;
  const places = new Int32Array(labels.length * pixels);
  for (const [at, label] of labels.entries()) {
    const first = Math.floor(at / each) * pixels;
    for (let pixel = 0; pixel < pixels; pixel++)
      places[at * pixels + pixel] = first + (sources[label * pixels + pixel] as number);
  }
  return tf.tidy(() => {
    const byPixel = tf.reshape(images, [count * pixels, channels]);
    return tf.reshape(tf.gather(byPixel, tf.tensor1d(places, 'int32')), [-1, size, size, channels]);
  });
}

/** Numbers of `count` different transformations, any as likely as another. */
export function drawnTransformations(count: number, random: Random): number[] {
  const numbers = [...transformations.keys()];
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (numbers.length - at));
    [numbers[at], numbers[other]] = [numbers[other] as number, numbers[at] as number];
  }
  return numbers.slice(0, count);
}
