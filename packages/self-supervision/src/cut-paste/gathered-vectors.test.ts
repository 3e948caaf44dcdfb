import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawnPatches } from './gathered-vectors.js';

beforeAll(() => tf.setBackend('cpu'));

describe('drawnPatches', () => {
  // Every pixel has a number of its own: 3 images of 4x4, patches of one pixel.
  const images = () => tf.reshape<tf.Rank.R4>(tf.range(0, 3 * 16), [3, 4, 4, 1]);
  const grid = { size: 1, stride: 1 };
  const drawn = (total: number, seed = 1, first = 0) => [
    ...drawnPatches(images(), grid, { total, seed, first }).dataSync(),
  ];
  const imageOf = (value: number) => Math.floor(value / 16);

  it('are all of them, in order, where there are not too many', () => {
    expect(drawn(1024)).toEqual([...Array(48).keys()]);
  });

  it('are as many of each image, each once, where there are too many', () => {
    const found = drawn(4096);
    expect(found.map(imageOf)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect(new Set(found).size).toBe(12);
    expect(drawn(10 ** 6).map(imageOf)).toEqual([0, 1, 2]);
  });

  it('depend on the seed and on which image it is alone', () => {
    expect(drawn(4096)).toEqual(drawn(4096));
    expect(drawn(4096, 2)).not.toEqual(drawn(4096));
    const within = (values: number[], image: number) =>
      values.slice(4 * image, 4 * image + 4).map((v) => v % 16);
    expect(within(drawn(4096, 1, 1), 0)).toEqual(within(drawn(4096), 1));
  });
});
