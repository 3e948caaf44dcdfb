import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LayerScore, layerwiseScore } from './layerwise-score.js';

beforeAll(() => tf.setBackend('cpu'));

const values: LayerScore = (teacher) => tf.squeeze(teacher, [-1]) as tf.Tensor3D;
const square = (numbers: number[], side: number): tf.Tensor4D => tf.tensor4d(numbers, [1, side, side, 1]);
const pyramid = () => ({ layer1: square([1, 2, 3, 4], 2), layer2: square([10], 1) });

describe('layerwiseScore', () => {
  it('upsamples with half-pixel centres, as torch.nn.functional.interpolate(align_corners=False) does', () => {
    const map = layerwiseScore(values).anomalyMap({ layer1: square([0, 1, 2, 3], 2) }, [], [4, 4]);
    expect(map.arraySync()).toEqual([
      [
        [0, 0.25, 0.75, 1],
        [0.5, 0.75, 1.25, 1.5],
        [1.5, 1.75, 2.25, 2.5],
        [2, 2.25, 2.75, 3],
      ],
    ]);
  });

  it.each([
    [{}, [10, 20, 30, 40]],
    [{ combine: 'sum' }, [11, 12, 13, 14]],
    [{ combine: 'mean' }, [5.5, 6, 6.5, 7]],
  ] as const)(
    'multiplies the layers at the size of the images, or adds them up, or averages them: %j',
    (options, expected) => {
      const map = layerwiseScore(values, options).anomalyMap(pyramid(), [], [2, 2]);
      expect(Array.from(map.dataSync())).toEqual(expected);
    },
  );

  it('smooths the map of all layers', () => {
    const smoothed = layerwiseScore(values, { combine: 'sum', smoothing: 100 });
    for (const value of smoothed.anomalyMap(pyramid(), [], [2, 2]).dataSync())
      expect(value).toBeCloseTo(12.5, 2);
  });

  it('gives the formula what the teacher and each student give in a layer, and which one it is', () => {
    const seen: unknown[] = [];
    const score = layerwiseScore(
      (teacher, students, layer) => {
        seen.push([layer, [teacher, ...students].map((features) => features.dataSync()[0])]);
        return values(teacher, students, layer);
      },
      { minStudents: 2 },
    );
    const doubled = { layer2: square([20], 1), layer1: square([2, 4, 6, 8], 2) };
    score.anomalyMap(pyramid(), [doubled, pyramid()], [2, 2]);
    expect(seen).toEqual([
      ['layer1', [1, 2, 1]],
      ['layer2', [10, 20, 10]],
    ]);
    expect([score.minStudents, layerwiseScore(values).minStudents]).toEqual([2, 1]);
  });
});
