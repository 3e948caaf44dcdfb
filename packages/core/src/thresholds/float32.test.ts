import { describe, expect, it } from 'vitest';
import { float32Above, float32AtLeast } from './float32.js';

describe('float32AtLeast', () => {
  it.each([0.1, 0.3, 1 / 3, 1e-30, 1e-46, 123456789, 16777217, -0.1, -0.3, -1 / 3])(
    'is the next float32 from %d on',
    (value) => {
      const above = float32AtLeast(value);
      expect(above).toBe(Math.fround(above));
      expect(above).toBeGreaterThanOrEqual(value);
      // Nothing lies between: the middle to the nearest below rounds to one of both.
      const nearest = Math.fround(value);
      if (nearest >= value) expect(above).toBe(nearest);
      else expect([nearest, above]).toContain(Math.fround((nearest + above) / 2));
    },
  );

  it('leaves what is a float32 as it is', () => {
    for (const value of [0, 0.5, -2, Math.fround(0.1), Number.POSITIVE_INFINITY])
      expect(float32AtLeast(value)).toBe(value);
  });
});

describe('float32Above', () => {
  it('is the very next float32 after one', () => {
    expect(float32Above(1)).toBe(1 + 2 ** -23);
    expect(float32Above(-1)).toBe(-1 + 2 ** -24);
    expect(float32Above(0)).toBe(2 ** -149);
    expect(float32Above(-(2 ** -149))).toBe(-0);
  });

  it('is the next from on what is none, and outlives JSON', () => {
    for (const value of [0.1, 0.3, 1 / 3, 1e-46, -0.1, -1 / 3]) {
      const above = float32Above(value);
      expect(above).toBeGreaterThan(value);
      expect(above).toBe(float32AtLeast(value));
      expect(JSON.parse(JSON.stringify(above))).toBe(above);
    }
  });
});
