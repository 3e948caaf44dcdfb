import { tensor3d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { gaussianSmoothing } from './gaussian-smoothing.js';
import { tf } from './tf.js';

beforeAll(() => tf.setBackend('cpu'));

const map = [
  [0, 0, 0],
  [0, 10, 0],
  [3, 0, 0],
  [0, 0, 5],
];

describe('gaussianSmoothing', () => {
  it("is scipy.ndimage.gaussian_filter(map, 1.0, mode='reflect'), on maps smaller than the Gaussian too", () => {
    const expected = [
      [0.990147114094086, 1.2658107303508679, 0.9024344677966083],
      [1.6785437534690724, 1.9466661827939578, 1.4273756394194295],
      [1.586060542760006, 1.7843497233677712, 1.7419196612454373],
      [0.9439007781610387, 1.450016519064365, 2.2827748874773612],
    ].flat();
    const values = gaussianSmoothing(tensor3d([map]), 1).dataSync();
    expect(values.length).toBe(expected.length);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
  });

  it('smooths each map of a batch by itself, and leaves an even one as it is', () => {
    const even = map.map((row) => row.map(() => 2));
    const [first, second] = tf.unstack(gaussianSmoothing(tensor3d([map, even]), 4));
    const alone = gaussianSmoothing(tensor3d([map]), 4).dataSync();
    expect([...(first as tf.Tensor).dataSync()]).toEqual([...alone]);
    for (const value of (second as tf.Tensor).dataSync()) expect(value).toBeCloseTo(2, 6);
  });
});
