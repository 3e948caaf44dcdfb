import { namedRandom, type RgbImage } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { cropsOf } from './crops.js';

/** An image of noise, the same for each index. */
const noise = (index: number, [height, width] = [40, 50] as [number, number]): RgbImage => {
  const random = namedRandom(index, 'noise');
  return { height, width, data: Uint8Array.from({ length: height * width * 3 }, () => random() * 256) };
};
const images = [0, 1, 2, 3].map((index) => noise(index));
const cropped = (of: readonly RgbImage[], seed = 7, options = {}) =>
  cropsOf(of, namedRandom(seed, 'crops'), { size: 16, ...options });

describe('crops', () => {
  it('depend on the images and the random numbers alone', () => {
    expect(cropped(images)).toEqual(cropped(images));
    expect(cropped(images, 8)).not.toEqual(cropped(images));
  });

  it('have the size that was asked for, also of images that are smaller', () => {
    for (const { height, width, data } of cropped([noise(0, [5, 9])]))
      expect([height, width, data.length]).toEqual([16, 16, 16 * 16 * 3]);
  });

  it('come from different places, with different colours', () => {
    expect(new Set(cropped(Array(8).fill(noise(0))).map(({ data }) => data.join())).size).toBe(8);
    const plain = { ...noise(0), data: new Uint8Array(6000).fill(120) };
    expect(new Set(cropped(Array(8).fill(plain)).map(({ data }) => data[1])).size).toBeGreaterThan(4);
  });

  it('come in pairs that show nearly the same, where pairs are asked for', () => {
    // A ramp from left to right: how far a crop has moved shows in its mean.
    const ramp: RgbImage = {
      height: 64,
      width: 64,
      data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => 20 + 2 * (Math.floor(at / 3) % 64)),
    };
    const crops = cropped(Array(4).fill(ramp), 7, { size: 32, pairs: { shift: 2 } });
    expect(crops).toHaveLength(8);
    const correlation = (a: Uint8Array, b: Uint8Array) => {
      const mean = (list: Uint8Array) => list.reduce((sum, value) => sum + value, 0) / list.length;
      const [meanA, meanB] = [mean(a), mean(b)];
      let [ab, aa, bb] = [0, 0, 0];
      a.forEach((value, at) => {
        const [da, db] = [value - meanA, (b[at] as number) - meanB];
        ab += da * db;
        aa += da * da;
        bb += db * db;
      });
      return ab / Math.sqrt(aa * bb);
    };
    for (let index = 0; index < 4; index++) {
      const [first, second] = [crops[index] as RgbImage, crops[index + 4] as RgbImage];
      expect(second.data).not.toEqual(first.data);
      expect(correlation(first.data, second.data)).toBeGreaterThan(0.7);
    }
  });
});
