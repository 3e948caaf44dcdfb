import { describe, expect, it } from 'vitest';
import { gradientFiltered, gradientUnfiltered } from './gradient-filter.js';

describe('the gradient filter', () => {
  it('is undone exactly, whatever the values', () => {
    const width = 13;
    const values = Uint8Array.from({ length: width * 9 }, (_, i) => (i * 7919) % 256);
    expect(gradientUnfiltered(gradientFiltered(values, width), width)).toEqual(values);
  });

  it('leaves only zeros of a plane but for its edges', () => {
    const width = 8;
    const plane = Uint8Array.from({ length: 64 }, (_, i) => 3 * (i % width) + 5 * Math.floor(i / width));
    const filtered = gradientFiltered(plane, width);
    expect(filtered.filter((value, i) => i % width > 0 && i >= width && value !== 0)).toHaveLength(0);
  });
});
