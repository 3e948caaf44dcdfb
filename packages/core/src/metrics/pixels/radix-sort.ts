/** Of fewer values the counts cost more than they save. */
const FEWEST = 2 ** 12;
/** Bits of a digit, at most: the counts of one fit into the fastest memory. */
const DIGIT = 11;
/** Of so many values larger counts are worth a round that is left out. */
const MANY = 2 ** 16;
const LARGE_DIGIT = 13;

/**
 * Sorts the first `length` integers, a digit at a time from the lowest: in blocks of millions several times faster than by comparing.
 * Digits are as few as the values' range takes.
 * @param spare as long as `values`; both are overwritten.
 * @returns them ascending, in one of both.
 */
export function radixSort(values: Int32Array, spare: Int32Array, length: number): Int32Array {
  if (length < FEWEST) return values.subarray(0, length).sort();
  let [least, most] = [values[0] as number, values[0] as number];
  for (let i = 1; i < length; i++) {
    const value = values[i] as number;
    if (value < least) least = value;
    else if (value > most) most = value;
  }
  const bits = 32 - Math.clz32((most - least) >>> 0);
  const rounds = Math.ceil(bits / (length < MANY ? DIGIT : LARGE_DIGIT));
  const digitBits = Math.ceil(bits / rounds);
  let [from, to] = [values, spare];
  for (let round = 0; round < rounds; round++) {
    sortByDigit(from, to, length, least, round * digitBits, digitBits);
    [from, to] = [to, from];
  }
  return from.subarray(0, length);
}

function sortByDigit(
  from: Int32Array,
  to: Int32Array,
  length: number,
  least: number,
  shift: number,
  bits: number,
): void {
  const digits = 1 << bits;
  const last = digits - 1;
  const start = new Uint32Array(digits + 1);
  for (let i = 0; i < length; i++)
    (start[(((((from[i] as number) - least) | 0) >>> shift) & last) + 1] as number)++;
  for (let digit = 1; digit < digits; digit++) (start[digit] as number) += start[digit - 1] as number;
  for (let i = 0; i < length; i++) {
    const value = from[i] as number;
    to[(start[(((value - least) | 0) >>> shift) & last] as number)++] = value;
  }
}
