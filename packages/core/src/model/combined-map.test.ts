import { memory, type Tensor3D, tensor3d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensors/tf.js';
import { combinedMap } from './combined-map.js';
import { fromMaps } from './from-maps.js';

beforeAll(() => tf.setBackend('cpu'));

const square = (values: number[], side: number): Tensor3D => tensor3d(values, [1, side, side]);

describe('combinedMap', () => {
  it('upsamples with half-pixel centres, as torch.nn.functional.interpolate(align_corners=False) does', () => {
    expect(combinedMap([square([0, 1, 2, 3], 2)], [4, 4]).arraySync()).toEqual([
      [
        [0, 0.25, 0.75, 1],
        [0.5, 0.75, 1.25, 1.5],
        [1.5, 1.75, 2.25, 2.5],
        [2, 2.25, 2.75, 3],
      ],
    ]);
  });

  const maps = () => [square([1, 2, 3, 4], 2), square([10], 1)];
  it.each([
    [undefined, [10, 20, 30, 40]],
    ['product', [10, 20, 30, 40]],
    ['sum', [11, 12, 13, 14]],
    ['mean', [5.5, 6, 6.5, 7]],
  ] as const)('makes one map of several, at the size of the images: %s', (combine, expected) => {
    const map = combinedMap(maps(), [2, 2], combine && { combine });
    expect(map.shape).toEqual([1, 2, 2]);
    expect(Array.from(map.dataSync())).toEqual(expected);
  });

  it.each(['product', 'sum', 'mean'] as const)('leaves one map as it is: %s', (combine) => {
    expect(Array.from(combinedMap([square([1, 2, 3, 4], 2)], [2, 2], { combine }).dataSync())).toEqual([
      1, 2, 3, 4,
    ]);
  });

  it('smooths the combined map', () => {
    for (const value of combinedMap(maps(), [2, 2], { combine: 'sum', smoothing: 100 }).dataSync())
      expect(value).toBeCloseTo(12.5, 2);
  });

  it('keeps images apart, and height from width', () => {
    const map = combinedMap([tensor3d([1, 1, 1, 2, 2, 2], [2, 1, 3])], [2, 6]);
    expect(map.shape).toEqual([2, 2, 6]);
    expect(Array.from(map.dataSync())).toEqual([...Array(12).fill(1), ...Array(12).fill(2)]);
  });

  it('keeps no tensor but what it gives', () => {
    const given = maps();
    const before = memory().numTensors;
    combinedMap(given, [4, 4], { smoothing: 1 });
    expect(memory().numTensors).toBe(before + 1);
  });
});

describe('fromMaps', () => {
  it('takes the maximum of the map for the score (eq. 5.5)', () => {
    const maps = tensor3d([-3, -1, -2, 5, 7, 6], [2, 1, 3]);
    const detection = fromMaps(maps);
    expect(detection.maps).toBe(maps);
    expect(Array.from(detection.scores.dataSync())).toEqual([-1, 7]);
  });
});
