import { namedRandom, type RgbImage } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { cutPaste, cutPasteScar } from './cut-paste.js';

const [width, height] = [64, 48];
/** No two pixels are alike. */
const image: RgbImage = {
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, at) =>
    at % 3 === 0 ? Math.floor(at / 3) % 256 : at % 3 === 1 ? Math.floor(at / 768) * 20 : 100,
  ),
};
const numbers = [...Array(40).keys()];
const pixel = (data: Uint8Array, at: number) => data.slice(3 * at, 3 * at + 3).join();

function changed(other: RgbImage) {
  const at = [...Array(width * height).keys()].filter((n) => pixel(image.data, n) !== pixel(other.data, n));
  const xs = at.map((n) => n % width);
  const ys = at.map((n) => Math.floor(n / width));
  return {
    at,
    box: [Math.max(...xs) - Math.min(...xs) + 1, Math.max(...ys) - Math.min(...ys) + 1] as const,
  };
}

describe('cutPaste', () => {
  it.each(numbers)('pastes one whole rectangle of the image elsewhere, as it was: %i', (seed) => {
    const other = cutPaste(image, namedRandom(seed, 'test'), { jitter: 0 });
    const { at, box } = changed(other);
    const [along, across] = box;
    if (at.length === 0) return;
    // Where the two places overlap nothing is alike either: all pixels of the rectangle change.
    expect(at).toHaveLength(along * across);
    const share = at.length / (width * height);
    expect(share).toBeGreaterThan(0.015);
    expect(share).toBeLessThan(0.17);
    expect(along / across).toBeGreaterThan(0.25);
    expect(along / across).toBeLessThan(3.8);
    const where = new Map([...Array(width * height).keys()].map((n) => [pixel(image.data, n), n]));
    const shifts = new Set(at.map((n) => (where.get(pixel(other.data, n)) as number) - n));
    expect(shifts.size).toBe(1);
  });

  it('leaves the image alone, and gives the same for the same random numbers', () => {
    const before = image.data.slice();
    const [one, same, another] = [1, 1, 2].map((seed) =>
      cutPaste(image, namedRandom(seed, 'test'), { jitter: 0.1 }),
    );
    expect(image.data).toEqual(before);
    expect(same).toEqual(one);
    expect(another).not.toEqual(one);
  });
});

describe('cutPasteScar', () => {
  it.each(numbers)('changes few pixels, within a small box: %i', (seed) => {
    const { at, box } = changed(cutPasteScar(image, namedRandom(seed, 'test'), { jitter: 0.1 }));
    const longest = Math.hypot(16, 25) * (height / 256) + 2;
    expect(at.length).toBeGreaterThan(0);
    expect(at.length).toBeLessThan(40);
    expect(Math.max(...box)).toBeLessThanOrEqual(longest);
  });
});
