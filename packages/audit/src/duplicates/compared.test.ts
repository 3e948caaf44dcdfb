/** What images are compared by, against SciPy. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { beside, correlation, fineStructure, quantize, similarity } from './detail.js';
import { bitCount, perceptualHash } from './perceptual-hash.js';
import { PIXELS, SIDE, thumbnailOf } from './thumbnail.js';

const expected = JSON.parse(
  readFileSync(new URL('../../fixtures/expected.json', import.meta.url), 'utf8'),
) as { hashes: string[]; fine: number[][] };

/** As in make_fixtures.py. */
const image = (phase: number) =>
  Float64Array.from({ length: PIXELS }, (_, n) => ((3 * n * n + 7 * n + 31 * phase) % 1009) % 256);

describe('perceptualHash', () => {
  it("is made of SciPy's cosine transform", () => {
    const hashes = [0, 1, 2, 3].map((phase) =>
      perceptualHash(image(phase))
        .map((half) => half.toString(16).padStart(8, '0'))
        .join(''),
    );
    expect(hashes).toEqual(expected.hashes);
  });

  it('is the same of another brightness and contrast', () => {
    const brighter = image(1).map((value) => 0.7 * value + 40);
    expect(perceptualHash(brighter)).toEqual(perceptualHash(image(1)));
  });

  it('counts bits', () => {
    const plain = (bits: number) => (bits >>> 0).toString(2).replaceAll('0', '').length;
    for (const bits of [0, 1, 0x80000000, 0xffffffff, 0x12345678, -2])
      expect(bitCount(bits)).toBe(plain(bits));
  });
});

describe('detail', () => {
  it("is what SciPy's Gaussian filter takes away", () => {
    const places = [
      [0, 0],
      [0, 63],
      [31, 17],
      [63, 40],
    ] as const;
    for (const [phase, values] of expected.fine.entries()) {
      const fine = fineStructure(image(phase));
      places.forEach(([y, x], at) => {
        expect(fine[y * SIDE + x]).toBeCloseTo(values[at] as number, 9);
      });
    }
  });

  it('has nothing in common with what all have in common, whatever the brightness', () => {
    const common = image(2);
    const own = image(3);
    const pixels = own.map((value, at) => 0.5 * value + 3 * (common[at] as number) + 20);
    const left = beside(pixels, common);
    const expectedLeft = beside(own, common);
    const off = left.map((value, at) => Math.abs(value - 0.5 * (expectedLeft[at] as number)));
    expect(Math.max(...off)).toBeLessThan(1e-9);
  });

  it('keeps its direction in bytes, and is none of an image without structure', () => {
    const details = new Int8Array(3 * PIXELS);
    const [one, other] = [beside(image(0), null), beside(image(1), null)];
    expect(quantize(one, details.subarray(0, PIXELS))).toBe(true);
    expect(quantize(other, details.subarray(PIXELS, 2 * PIXELS))).toBe(true);
    const product = (a: Float64Array, b: Float64Array) =>
      a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
    const expected = product(one, other) / Math.sqrt(product(one, one) * product(other, other));
    expect(correlation(one, other)).toBeCloseTo(expected, 12);
    expect(similarity(details, 0, 1)).toBeCloseTo(expected, 2);
    expect(similarity(details, 0, 0)).toBeCloseTo(1, 12);
    const blank = new Float64Array(PIXELS).fill(0.1);
    expect(quantize(blank, details.subarray(2 * PIXELS))).toBe(false);
    expect(correlation(one, blank)).toBeNull();
  });

  it('is taken of grey pixels, whatever the shape', () => {
    const data = new Uint8Array(3 * 2 * 8);
    for (let pixel = 0; pixel < 16; pixel++) data.set(pixel % 8 < 4 ? [255, 0, 0] : [0, 255, 0], 3 * pixel);
    const thumbnail = thumbnailOf({ height: 2, width: 8, data });
    // 0.299 and 0.587 of 255.
    expect([thumbnail[0], thumbnail[63]]).toEqual([76, 150]);
  });
});
