import { describe, expect, it } from 'vitest';
import { shrinkMap } from './shrink-map.js';

describe('shrinkMap', () => {
  it('keeps the maximum of each square, and says how much of the last ones is the image', () => {
    const map = Float32Array.from([-5, -4, -3, -2, -1, -6, -7, -8, -9, -10, 1, 2, 3, 4, 5]);
    const { data, ...size } = shrinkMap(map, { width: 5, height: 3 }, 3);
    expect(size).toEqual({ width: 3, height: 2, span: { width: 2.5, height: 1.5 } });
    expect([...data]).toEqual([-4, -2, -1, 2, 4, 5]);
  });

  it('leaves what is small enough as it is', () => {
    const mask = Uint8Array.from([0, 1, 1, 0]);
    expect(shrinkMap(mask, { width: 2, height: 2 }, 2)).toEqual({
      width: 2,
      height: 2,
      span: { width: 2, height: 2 },
      data: mask,
    });
  });
});
