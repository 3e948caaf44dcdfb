/** Thresholds for scores, which are float32 numbers. */

/**
 * The smallest float32 that is not below a number: a float32 score reaches the one exactly where it reaches the other, which a
 * number rounded to the nearest float32 does not promise.
 */
export function float32AtLeast(value: number): number {
  const nearest = Math.fround(value);
  return nearest >= value ? nearest : next(nearest);
}

/** The smallest float32 above a number: what a float32 score reaches exactly where it is more than that number. */
export function float32Above(value: number): number {
  const nearest = Math.fround(value);
  return nearest > value ? nearest : next(nearest);
}

function next(float: number): number {
  if (!Number.isFinite(float)) return float;
  const bits = new Int32Array(Float32Array.of(float).buffer);
  // Floats of one sign are ordered as their bits are; below zero the other way round.
  bits[0] = float === 0 ? 1 : (bits[0] as number) + (float > 0 ? 1 : -1);
  return new Float32Array(bits.buffer)[0] as number;
}
