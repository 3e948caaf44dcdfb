/** Scores, which are float32, as integers that have their order: these are sorted by their digits, and found by their upper bits. */
import { checkScores, type Pixels } from './pixels.js';

/** Keys from one to another, both included. */
export interface KeyRange {
  readonly from: number;
  readonly to: number;
}

export const FINITE: KeyRange = { from: ~0x7f7fffff, to: 0x7f7fffff };

/** Of -Infinity, where a pixel has no score. */
export const UNSCORED = FINITE.from - 1;

/**
 * A float32's bits as an integer that has its place among the numbers: those of negative ones but the sign are turned. Applied to a key
 * it gives the bits.
 */
const turned = (bits: number) => bits ^ ((bits >> 31) & 0x7fffffff);

/** @param bits of a float32. */
export function keyOf(bits: number): number {
  const key = turned(bits);
  // -0, which is equal to 0.
  return key === -1 ? 0 : key;
}

export const keyOfScore = (score: number) =>
  keyOf(new Int32Array(Float32Array.of(score).buffer)[0] as number);

export const bitsOf = ({ buffer, byteOffset, length }: Float32Array) =>
  new Int32Array(buffer, byteOffset, length);

export function scoresOf(keys: Int32Array): Float32Array {
  const bits = new Int32Array(keys.length);
  for (let i = 0; i < keys.length; i++) bits[i] = turned(keys[i] as number);
  return new Float32Array(bits.buffer);
}

/**
 * The keys of an image's nominal pixels that are in a range.
 * @param into memory for as many as it has pixels.
 * @returns how many there are, and how many are above the range.
 * @throws DataError for a score that is not finite.
 */
export function nominalKeysIn(
  { from, to }: KeyRange,
  image: Pixels,
  into: Int32Array,
): { length: number; above: number } {
  const { mask, unscored } = image;
  const bits = bitsOf(image.map);
  let [length, above] = [0, 0];
  for (let i = 0; i < bits.length; i++) {
    const key = keyOf(bits[i] as number);
    if (mask[i] !== 0) continue;
    if (key < from) {
      if (key < FINITE.from && !(unscored > 0 && key === UNSCORED)) checkScores(image);
    } else if (key > to) {
      if (key > FINITE.to) checkScores(image);
      above++;
    } else into[length++] = key;
  }
  return { length, above };
}

/** Ascending distinct keys, and where those begin that share their upper bits: of however many, one is found in a few steps. */
export interface KeyIndex {
  readonly keys: Int32Array;
  /** For each value of a key's distance from the first, without its lower bits, the first key that has it; and one more. */
  readonly starts: Uint32Array;
  /** How many bits are left out. */
  readonly shift: number;
}

/** A power of two: so many lie in one line of memory. */
const KEYS_A_CELL = 2;

/** @param keys not empty. */
export function keyIndex(keys: Int32Array, memory: (bytes: number) => ArrayBufferLike): KeyIndex {
  const first = keys[0] as number;
  const span = ((keys.at(-1) as number) - first) >>> 0;
  const bits = 32 - Math.clz32(span);
  const shift = Math.max(0, bits - Math.max(1, 31 - Math.clz32(keys.length) - KEYS_A_CELL));
  const starts = new Uint32Array(memory(4 * ((span >>> shift) + 2)));
  let cell = 0;
  for (let i = 0; i < keys.length; i++)
    for (const own = cellOf(keys[i] as number, first, shift); cell <= own; cell++) starts[cell] = i;
  starts.fill(keys.length, cell);
  return { keys, starts, shift };
}

const cellOf = (key: number, first: number, shift: number): number => ((key - first) | 0) >>> shift;

/** The place of the first key that is not below one, which must be neither below all nor above all. @param from no later than that. */
export function placeOf({ keys, starts, shift }: KeyIndex, key: number, from = 0): number {
  const cell = cellOf(key, keys[0] as number, shift);
  let low = starts[cell] as number;
  let high = starts[cell + 1] as number;
  if (low < from) low = from;
  while (high - low > 4) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as number) < key) low = middle + 1;
    else high = middle;
  }
  while (low < high && (keys[low] as number) < key) low++;
  return low;
}

/** The place of a key; -1 where it is not there. */
export function placeIn(index: KeyIndex, key: number): number {
  const { keys } = index;
  if (key < (keys[0] as number) || key > (keys[keys.length - 1] as number)) return -1;
  const place = placeOf(index, key);
  return keys[place] === key ? place : -1;
}
