/** 16-bit floating point numbers, as weight files hold them, to 32-bit ones. Both conversions are exact. */

/** The bit patterns of IEEE 754 binary16 numbers to numbers. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const result = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index++) {
    const half = bits[index] as number;
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) result[index] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else if (exponent === 0) result[index] = sign * fraction * 2 ** -24;
    else result[index] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return result;
}

/** The bit patterns of bfloat16 numbers (the upper half of a 32-bit number) to numbers. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (upper) => upper << 16).buffer);
}
