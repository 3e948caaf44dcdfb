/** 16-bit floating point numbers, as weight files hold them, and 32-bit ones. To 32 bits is exact. */

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

/**
 * Numbers to the bit patterns of the nearest IEEE 754 binary16 ones (of two as near the even one), which keep 11 bits from 6.1e-5
 * on; what is 65520 and more becomes infinite.
 */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  return Uint16Array.from(values, (value) => {
    float[0] = value;
    const sign = ((bits[0] as number) >>> 16) & 0x8000;
    const magnitude = Math.abs(value);
    if (Number.isNaN(value)) return sign | 0x7e00;
    if (magnitude >= 65520) return sign | 0x7c00;
    // Below the normal numbers, steps are 2⁻²⁴; a value that rounds up to 1024 of them is the first normal number.
    if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
    const exponent = (((bits[0] as number) >>> 23) & 0xff) - 127;
    // A fraction that rounds up to 2048 carries into the exponent.
    return sign | (((exponent + 14) << 10) + roundToEven(magnitude * 2 ** (10 - exponent)));
  });
}

/** For numbers from 0 on. */
function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
