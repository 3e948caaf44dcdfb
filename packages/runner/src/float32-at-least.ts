/**
 * The smallest float32 that is not below a number: a float32 score reaches the one exactly where it reaches the other, which a
 * number rounded to the nearest float32 does not promise.
 */
export function float32AtLeast(value: number): number {
  const nearest = Math.fround(value);
  if (nearest >= value || !Number.isFinite(nearest)) return nearest;
  const bits = new Int32Array(Float32Array.of(nearest).buffer);
  // Floats of one sign are ordered as their bits are; below zero the other way round.
  bits[0] = nearest === 0 ? 1 : (bits[0] as number) + (nearest > 0 ? 1 : -1);
  return new Float32Array(bits.buffer)[0] as number;
}
