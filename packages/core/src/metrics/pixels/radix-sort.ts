const BITS = 11;
const DIGITS = 1 << BITS;
/** Of fewer the counts cost more than they save. */
const FEWEST = 2 * DIGITS;

/**
 * Sorts the first `length` integers, a digit of 11 bits at a time from the lowest: in blocks of millions several times faster
 * than by comparing.
 * @param spare as long as `values`; both are overwritten.
 * @returns them ascending, in one of both.
 */
export function radixSort(values: Int32Array, spare: Int32Array, length: number): Int32Array {
  if (length < FEWEST) return values.subarray(0, length).sort();
  let [from, to] = [values, spare];
  for (let shift = 0; shift < 32; shift += BITS) {
    const start = new Uint32Array(DIGITS + 1);
    for (let i = 0; i < length; i++) (start[digit(from[i] as number, shift) + 1] as number)++;
    if (start[digit(from[0] as number, shift) + 1] === length) continue;
    for (let i = 1; i < DIGITS; i++) (start[i] as number) += start[i - 1] as number;
    for (let i = 0; i < length; i++) {
      const value = from[i] as number;
      to[(start[digit(value, shift)] as number)++] = value;
    }
    [from, to] = [to, from];
  }
  return from.subarray(0, length);
}

/** With its sign turned, so that negative ones come first. */
const digit = (value: number, shift: number) => ((value ^ 0x80000000) >>> shift) & (DIGITS - 1);
