import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import { imagePatches, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { patchMap, patchStrips } from './patch-grid.js';

beforeAll(() => tf.setBackend('cpu'));

const expected: { patches: number[]; maps: number[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/patch-grid.json', import.meta.url), 'utf8'),
);
const size = { height: 11, width: 9 };
const grid = { size: 5, stride: 2 };

describe('imagePatches', () => {
  it("gives those of PyTorch's unfold", () => {
    const images = tf.reshape<tf.Rank.R4>(tf.range(0, 2 * 11 * 9 * 3), [2, 11, 9, 3]);
    const found = imagePatches(images, grid);
    expect(found.shape).toEqual([2 * 4 * 3, 5, 5, 3]);
    expect([...found.dataSync()]).toEqual(expected.patches);
  });
});

describe('patchStrips', () => {
  it.each([
    // 46 rows of 46: four rows at once; 7 rows of 196 would be too many at once.
    { height: 50, width: 50, rows: [...Array(11).fill(4), 2] },
    { height: 11, width: 200, rows: Array(7).fill(1) },
    { height: 11, width: 9, rows: [7] },
  ])('are all patches, some rows at once: $height x $width', ({ height, width, rows }) => {
    const images = tf.reshape<tf.Rank.R4>(tf.range(0, 2 * height * width), [2, height, width, 1]);
    const grid = { size: 5, stride: 1 };
    const strips = patchStrips(images, grid);
    expect(strips.map((strip) => strip.rows)).toEqual(rows);
    const byImage = strips.map((strip) => tf.reshape(strip.patches(), [2, strip.rows, width - 4, 5, 5]));
    expect([...tf.concat(byImage, 1).dataSync()]).toEqual([...imagePatches(images, grid).dataSync()]);
  });

  it('end where the image does, as the patches do', () => {
    const images = tf.reshape<tf.Rank.R4>(tf.range(0, 80 * 300), [1, 80, 300, 1]);
    const grid = { size: 5, stride: 4 };
    const strips = patchStrips(images, grid);
    expect(strips.map((strip) => strip.rows)).toEqual([...Array(10).fill(2)]);
    const all = tf.concat(strips.map((strip) => strip.patches()));
    expect([...all.dataSync()]).toEqual([...imagePatches(images, grid).dataSync()]);
  });
});

describe('patchMap', () => {
  it("is PyTorch's transposed convolution, divided by that of ones", () => {
    const values = tf.reshape<tf.Rank.R3>(tf.sin(tf.mul(tf.range(0, 2 * 4 * 3), 0.7)), [2, 4, 3]);
    const found = patchMap(values, size, grid);
    expect(found.shape).toEqual([2, 11, 9]);
    for (const [at, value] of found.dataSync().entries())
      expect(value).toBeCloseTo(expected.maps[at] as number, 5);
  });

  it('gives the same everywhere where all patches have the same', () => {
    for (const value of patchMap(tf.fill([1, 5, 4], 7), { height: 12, width: 10 }, grid).dataSync())
      expect(value).toBeCloseTo(7, 5);
  });
});
