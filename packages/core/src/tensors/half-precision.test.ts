import { describe, expect, it } from 'vitest';
import { float16ToFloat32, float32ToFloat16 } from './half-precision.js';

describe('to float16', () => {
  it('gives back every number that float16 has', () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, index) => index);
    const back = float32ToFloat16(float16ToFloat32(bits));
    const isNumber = (half: number) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0;
    expect([...bits].filter((half) => isNumber(half) && back[half] !== half)).toEqual([]);
    expect([...bits].filter((half) => !isNumber(half) && isNumber(back[half] as number))).toEqual([]);
  });

  // torch.tensor(values).half().view(torch.int16), of PyTorch 2.15.
  const expected: [value: number, bits: number][] = [
    [1, 0x3c00],
    [-2.5, 0xc100],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [-1e9, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -14 - 2 ** -26, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.0001, 0x0001],
    [3 * 2 ** -25, 0x0002],
    [1 / 3, 0x3555],
    [0.1, 0x2e66],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2047.5, 0x6800],
    [2049, 0x6800],
    [2051, 0x6802],
    [-0, 0x8000],
    [1023.5 * 2 ** -24, 0x0400],
  ];
  it.each(expected)('rounds %d as PyTorch does', (value, bits) => {
    expect(float32ToFloat16(Float32Array.of(value))[0]).toBe(bits);
  });
});
