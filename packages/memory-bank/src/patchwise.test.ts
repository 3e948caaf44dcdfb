import '@tensorflow/tfjs-backend-cpu';
import { type Backbone, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { meanOfPatches, patchStarts, patchwise } from './patchwise.js';

beforeAll(() => tf.setBackend('cpu'));

/** Gives the images themselves. */
const identity: Backbone = {
  layers: ['layer1'],
  channels: { layer1: 3 },
  parameters: {},
  statistics: {},
  features: (images) => ({ layer1: images }),
  cost: ({ height, width }) => ({ parameters: 5, multiplyAdds: height * width }),
  dispose() {},
};
const patches = { size: 4, stride: 3 };

describe('patchwise', () => {
  it('begins patches at every stride, and where the last one ends with the side', () => {
    expect(patchStarts(10, patches)).toEqual([0, 3, 6]);
    expect(patchStarts(12, patches)).toEqual([0, 3, 6, 8]);
    expect(patchStarts(4, patches)).toEqual([0]);
  });

  it('gives the mean of the features of each patch, as if it were an image', () => {
    const images = tf.randomUniform<tf.Rank.R4>([2, 10, 12, 3], 0, 1, 'float32', 1);
    const { layer1 } = patchwise(identity, patches).features(images, 'eval');
    expect(layer1?.shape).toEqual([2, 3, 4, 3]);
    for (const [n, row, column] of [
      [0, 0, 0],
      [1, 2, 1],
      [1, 1, 3],
    ] as const) {
      const [top, left] = [[0, 3, 6][row] as number, [0, 3, 6, 8][column] as number];
      const patch = tf.mean(tf.slice4d(images, [n, top, left, 0], [1, 4, 4, 3]), [0, 1, 2]).dataSync();
      const found = tf.slice4d(layer1 as tf.Tensor4D, [n, row, column, 0], [1, 1, 1, 3]).dataSync();
      for (let k = 0; k < 3; k++) expect(found[k]).toBeCloseTo(patch[k] as number, 6);
    }
  });

  it('costs as much as its patches', () =>
    expect(patchwise(identity, patches).cost?.({ height: 10, width: 12 })).toEqual({
      parameters: 5,
      multiplyAdds: 3 * 4 * 16,
    }));

  it('gives each pixel the mean of the patches it lies in', () => {
    const maps = tf.tensor3d([
      [
        [1, 2, 4, 8],
        [0, 0, 0, 0],
        [0, 0, 0, 16],
      ],
    ]);
    const pixels = meanOfPatches(maps, [10, 12], patches);
    const at = (y: number, x: number) => pixels.dataSync()[y * 12 + x];
    expect(pixels.shape).toEqual([1, 10, 12]);
    expect(at(0, 0)).toBe(1);
    expect(at(0, 3)).toBeCloseTo(1.5, 6);
    expect(at(0, 8)).toBeCloseTo(6, 6);
    expect(at(3, 0)).toBeCloseTo(0.5, 6);
    expect(at(9, 11)).toBe(16);
  });
});
