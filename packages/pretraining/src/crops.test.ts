import { namedRandom, type RgbImage } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { cropBatches } from './crops.js';
import type { PretrainingImages } from './images.js';

/** An image of noise, the same for each index. */
const noise = (index: number, [height, width] = [40, 50] as [number, number]): RgbImage => {
  const random = namedRandom(index, 'noise');
  return { height, width, data: Uint8Array.from({ length: height * width * 3 }, () => random() * 256) };
};
const images: PretrainingImages = { length: 5, image: async (index) => noise(index) };
const options = { size: 16, batchSize: 4, seed: 7 };

describe('crops', () => {
  it('depend on the images, the seed and the step alone', async () => {
    const cropsOf = cropBatches(images, options);
    const third = await cropsOf(3);
    await cropsOf(1);
    expect(await cropsOf(3)).toEqual(third);
    expect(await cropBatches(images, options)(3)).toEqual(third);
    expect(await cropsOf(4)).not.toEqual(third);
    expect(await cropBatches(images, { ...options, seed: 8 })(3)).not.toEqual(third);
  });

  it('have the size that was asked for, also of images that are smaller', async () => {
    const small: PretrainingImages = { length: 1, image: async () => noise(0, [5, 9]) };
    for (const { height, width, data } of await cropBatches(small, options)(1)) {
      expect([height, width, data.length]).toEqual([16, 16, 16 * 16 * 3]);
    }
  });

  it('take each image once before one comes again', async () => {
    const asked: number[] = [];
    const counted: PretrainingImages = {
      length: 6,
      image: async (index) => {
        asked.push(index);
        return noise(index);
      },
    };
    const cropsOf = cropBatches(counted, options);
    for (let step = 1; step <= 3; step++) await cropsOf(step);
    const sorted = (list: number[]) => [...list].sort();
    expect(sorted(asked.slice(0, 6))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(sorted(asked.slice(6, 12))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(asked.slice(6, 12)).not.toEqual(asked.slice(0, 6));
  });

  it('come from different places, with different colours', async () => {
    const one: PretrainingImages = { length: 1, image: async () => noise(0) };
    const crops = await cropBatches(one, { ...options, batchSize: 8 })(1);
    expect(new Set(crops.map(({ data }) => data.join())).size).toBe(8);
    const plain = { length: 1, image: async () => ({ ...noise(0), data: new Uint8Array(6000).fill(120) }) };
    const greys = (await cropBatches(plain, { ...options, batchSize: 8 })(1)).map(({ data }) => data[1]);
    expect(new Set(greys).size).toBeGreaterThan(4);
  });

  it('come in pairs that show nearly the same, where pairs are asked for', async () => {
    // A ramp from left to right: how far a crop has moved shows in its mean.
    const ramp: RgbImage = {
      height: 64,
      width: 64,
      data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => 20 + 2 * (Math.floor(at / 3) % 64)),
    };
    const one: PretrainingImages = { length: 1, image: async () => ramp };
    const crops = await cropBatches(one, { ...options, size: 32, pairs: { shift: 2 } })(1);
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

  it('need images', () => {
    expect(() => cropBatches({ ...images, length: 0 }, options)).toThrow(/no images/);
  });
});
