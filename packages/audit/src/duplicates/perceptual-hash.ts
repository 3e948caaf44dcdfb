/**
 * A hash of 64 bits that copies of an image have nearly in common, resized, compressed and of another brightness as they may be:
 * Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.
 */
import { PIXELS, SIDE } from './thumbnail.js';

/** Frequencies along each axis that are hashed: 1 to 8, without the constant. */
const FREQUENCIES = 8;

/** cos(π (2x + 1) u / 2N), by frequency and place: the DCT-II, whose scale does not matter here. */
const cosines = Float64Array.from({ length: FREQUENCIES * SIDE }, (_, at) => {
  const [frequency, place] = [1 + Math.floor(at / SIDE), at % SIDE];
  return Math.cos((Math.PI * (2 * place + 1) * frequency) / (2 * SIDE));
});

/** The two halves of a hash, 32 bits each. */
export type Hash = readonly [first: number, second: number];

/**
 * Bit `8 v + u` of the hash, the first in the highest place, says whether the coefficient of frequency `v + 1` down and `u + 1` across is
 * above the median of all 64.
 * @param pixels 64x64 in rows, of any range.
 */
export function perceptualHash(pixels: ArrayLike<number>): Hash {
  if (pixels.length !== PIXELS)
    throw new RangeError(`A hash is of ${PIXELS} pixels, not of ${pixels.length}.`);
  const coefficients = lowFrequencies(pixels);
  const ordered = Float64Array.from(coefficients).sort();
  const median = ((ordered[31] as number) + (ordered[32] as number)) / 2;
  const half = (start: number) => {
    let bits = 0;
    for (let bit = 0; bit < 32; bit++)
      bits = (bits << 1) | ((coefficients[start + bit] as number) > median ? 1 : 0);
    return bits >>> 0;
  };
  return [half(0), half(32)];
}

function lowFrequencies(pixels: ArrayLike<number>): Float64Array {
  const across = new Float64Array(SIDE * FREQUENCIES);
  for (let y = 0; y < SIDE; y++)
    for (let u = 0; u < FREQUENCIES; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++)
        sum += (pixels[y * SIDE + x] as number) * (cosines[u * SIDE + x] as number);
      across[y * FREQUENCIES + u] = sum;
    }
  const coefficients = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let v = 0; v < FREQUENCIES; v++)
    for (let u = 0; u < FREQUENCIES; u++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++)
        sum += (across[y * FREQUENCIES + u] as number) * (cosines[v * SIDE + y] as number);
      coefficients[v * FREQUENCIES + u] = sum;
    }
  return coefficients;
}

/** How many of 32 bits are set (Warren, "Hacker's Delight", 5-1). */
export function bitCount(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
