/**
 * What is an image's own: the fine structure of its thumbnail without that which all images have in common. Parts that lie alike before the
 * same background, and textures of one kind, look the same to a hash or a correlation of whole images; their grain and outlines,
 * beside those of the mean image, do not.
 */
import { PIXELS, SIDE } from './thumbnail.js';

/** Standard deviation of the blur, in pixels, that is subtracted: light and shade, which frames of one place share. */
const SIGMA = 2;
const RADIUS = 6;

const weights = gaussianWeights();

function gaussianWeights(): Float64Array {
  const values = Float64Array.from({ length: 2 * RADIUS + 1 }, (_, at) =>
    Math.exp(-((at - RADIUS) ** 2) / (2 * SIGMA * SIGMA)),
  );
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** The places that each place is blurred with, mirrored at the edges. */
const neighbours = Int32Array.from({ length: SIDE * (2 * RADIUS + 1) }, (_, index) => {
  const taps = 2 * RADIUS + 1;
  const at = Math.floor(index / taps) + (index % taps) - RADIUS;
  return at < 0 ? -1 - at : at >= SIDE ? 2 * SIDE - 1 - at : at;
});

/** Less a Gaussian blur of itself, mirrored at the edges. */
export function fineStructure(pixels: ArrayLike<number>): Float64Array {
  const across = new Float64Array(PIXELS);
  const blurred = new Float64Array(PIXELS);
  blur(pixels, across, 1, SIDE);
  blur(across, blurred, SIDE, 1);
  for (let pixel = 0; pixel < PIXELS; pixel++)
    blurred[pixel] = (pixels[pixel] as number) - (blurred[pixel] as number);
  return blurred;
}

/** Along one axis. */
function blur(from: ArrayLike<number>, to: Float64Array, step: number, line: number): void {
  for (let start = 0; start < SIDE; start++)
    for (let place = 0; place < SIDE; place++) {
      let sum = 0;
      for (let tap = 0, at = place * weights.length; tap < weights.length; tap++, at++)
        sum += (weights[tap] as number) * (from[start * line + (neighbours[at] as number) * step] as number);
      to[start * line + place * step] = sum;
    }
}

/**
 * What is left of `values` when their mean and their part along `common` are taken away: another brightness and contrast of the same image
 * leaves the same, but for its length.
 */
export function beside(values: ArrayLike<number>, common: Float64Array | null): Float64Array {
  const result = centred(values);
  if (common === null) return result;
  const shared = centred(common);
  const share = dot(result, shared) / Math.max(dot(shared, shared), Number.MIN_VALUE);
  for (let at = 0; at < result.length; at++)
    result[at] = (result[at] as number) - share * (shared[at] as number);
  return result;
}

function centred(values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(values.length);
  let sum = 0;
  for (let at = 0; at < result.length; at++) sum += values[at] as number;
  const mean = sum / result.length;
  for (let at = 0; at < result.length; at++) result[at] = (values[at] as number) - mean;
  return result;
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] as number) * (other[at] as number);
  return sum;
}

/** So little structure, in grey levels (root mean square), is noise and rounding. */
const LEAST = 0.5;

const hasStructure = (values: Float64Array): boolean => dot(values, values) >= LEAST * LEAST * values.length;

/** The cosine of the angle between two images' structures; null where one of them has next to none. */
export const correlation = (one: Float64Array, other: Float64Array): number | null =>
  hasStructure(one) && hasStructure(other)
    ? dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other))
    : null;

/**
 * As 8-bit integers whose length is about the same for all: a byte a pixel is what thousands of images have memory for.
 * @returns false, with nothing written, where there is next to none.
 */
export function quantize(values: Float64Array, into: Int8Array): boolean {
  if (!hasStructure(values)) return false;
  let largest = 0;
  for (let at = 0; at < values.length; at++) largest = Math.max(largest, Math.abs(values[at] as number));
  for (let at = 0; at < values.length; at++) into[at] = Math.round(((values[at] as number) / largest) * 127);
  return true;
}

/** The same as {@link correlation} of what {@link quantize} kept: `one` and `other` are their places in `details`. */
export function similarity(details: Int8Array, one: number, other: number): number {
  let [product, ofOne, ofOther] = [0, 0, 0];
  for (let a = one * PIXELS, b = other * PIXELS, end = a + PIXELS; a < end; a++, b++) {
    const [left, right] = [details[a] as number, details[b] as number];
    product += left * right;
    ofOne += left * left;
    ofOther += right * right;
  }
  return product / Math.sqrt(ofOne * ofOther);
}
