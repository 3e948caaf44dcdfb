import { expect, it } from 'vitest';
import { float32AtLeast } from './float32-at-least.js';

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
