import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import { namedRandom, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  allTransformed,
  drawnTransformations,
  stepOf,
  transformations,
  transformed,
  transformedPixels,
} from './transformations.js';

beforeAll(() => tf.setBackend('cpu'));

const expected: { size: number; step: number; sources: number[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/transformations.json', import.meta.url), 'utf8'),
);
const pixels = transformedPixels(expected.size, expected.step);
/** Every number of every image is another. */
const images = () => tf.reshape<tf.Rank.R4>(tf.range(0, 2 * 81 * 3), [2, 9, 9, 3]);

describe('transformedPixels', () => {
  it("are those of numpy's pad, roll and rot90", () => {
    expect([...pixels.sources]).toEqual(expected.sources);
  });

  it('are 72 different transformations, the first of which leaves an image as it is', () => {
    const rows = transformations.map((_, row) => pixels.sources.slice(81 * row, 81 * (row + 1)).join());
    expect(new Set(rows).size).toBe(72);
    expect(rows[0]).toBe([...Array(81).keys()].join());
  });
});

describe('allTransformed', () => {
  it('takes the pixels of its own image for each of the 72, with all channels', () => {
    const found = allTransformed(images(), pixels);
    expect(found.shape).toEqual([144, 9, 9, 3]);
    const wanted = [0, 81].flatMap((first) =>
      expected.sources.flatMap((source) => [0, 1, 2].map((channel) => 3 * (first + source) + channel)),
    );
    expect([...found.dataSync()]).toEqual(wanted);
  });
});

describe('transformed', () => {
  it('gives of each image those that are asked for', () => {
    const labels = [5, 0, 71, 30, 5, 44];
    const found = transformed(images(), labels, pixels);
    const all = allTransformed(images(), pixels);
    const wanted = tf.gather(
      all,
      labels.map((label, at) => label + (at < 3 ? 0 : 72)),
    );
    expect(found.shape).toEqual([6, 9, 9, 3]);
    expect([...found.dataSync()]).toEqual([...wanted.dataSync()]);
  });
});

describe('drawnTransformations', () => {
  it('are different ones, the same for the same random numbers, and any in the end', () => {
    const random = namedRandom(1, 'test');
    const draws = Array.from({ length: 100 }, () => drawnTransformations(8, random));
    for (const drawn of draws) expect(new Set(drawn).size).toBe(8);
    expect(new Set(draws.flat())).toEqual(new Set(transformations.keys()));
    expect(drawnTransformations(8, namedRandom(1, 'test'))).toEqual(draws[0]);
    expect(drawnTransformations(72, random).sort((a, b) => a - b)).toEqual([...transformations.keys()]);
  });
});

describe('stepOf', () => {
  it('is a share of the side in whole pixels', () => {
    expect(stepOf({ height: 32, width: 32 }, 0.25)).toBe(8);
    expect(stepOf({ height: 9, width: 9 }, 0.25)).toBe(2);
  });

  it('refuses what cannot be turned, halved or moved', () => {
    expect(() => stepOf({ height: 32, width: 24 }, 0.25)).toThrow(
      'Images of 32x24 cannot be turned by quarters: geometric transformations need squares',
    );
    expect(() => stepOf({ height: 7, width: 7 }, 0.25)).toThrow('give $.images.size 8 or more');
    expect(() => stepOf({ height: 16, width: 16 }, 0.03)).toThrow('give $.model.shift 0.063 or more');
    expect(stepOf({ height: 16, width: 16 }, 0.063)).toBe(1);
  });
});
