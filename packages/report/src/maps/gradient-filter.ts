/**
 * What makes maps of bytes small: each value less what its neighbours to the left and above lead to expect, left + above - both, so
 * that a smooth map is nearly all zeros. The filter "gradient" of image formats; arithmetic is modulo 256.
 */

/** @param values `[height, width]` in rows. */
export function gradientFiltered(values: Uint8Array, width: number): Uint8Array {
  const filtered = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) filtered[i] = (values[i] as number) - expected(values, i, width);
  return filtered;
}

/** Undoes {@link gradientFiltered}. */
export function gradientUnfiltered(filtered: Uint8Array, width: number): Uint8Array {
  const values = new Uint8Array(filtered.length);
  for (let i = 0; i < values.length; i++) values[i] = (filtered[i] as number) + expected(values, i, width);
  return values;
}

function expected(values: Uint8Array, i: number, width: number): number {
  const isFirst = i % width === 0;
  const left = isFirst ? 0 : (values[i - 1] as number);
  const above = i < width ? 0 : (values[i - width] as number);
  const both = isFirst || i < width ? 0 : (values[i - width - 1] as number);
  return left + above - both;
}
