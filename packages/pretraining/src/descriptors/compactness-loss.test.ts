import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectGradient } from '../gradient-check.test.fixture.js';
import { compactnessLoss } from './compactness-loss.js';

beforeAll(() => tf.setBackend('cpu'));

const lossOf = (descriptors: number[][]) => compactnessLoss(tf.tensor2d(descriptors)).dataSync()[0] as number;

/** Pearson's correlation of two descriptors. */
function correlation(a: number[], b: number[]): number {
  const centred = (values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, n) => sum + value * (y[n] as number), 0);
  const [x, y] = [centred(a), centred(b)];
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

describe('compactnessLoss', () => {
  it('adds up the correlations of any two descriptors of a batch, twice each', () => {
    const [a, b, c] = [
      [1, 2, 4, 8],
      [0, 5, 5, -1],
      [3, -2, 0.5, 1],
    ] as [number[], number[], number[]];
    const expected = 2 * (correlation(a, b) + correlation(a, c) + correlation(b, c));
    expect(lossOf([a, b, c])).toBeCloseTo(expected, 5);
  });

  it('is N (N − 1) for descriptors alike but for scale and offset, and −N for opposite ones', () => {
    const descriptor = [1, 2, 4];
    expect(lossOf([descriptor, [3, 5, 9], [2, 4, 8]])).toBeCloseTo(6, 5);
    expect(lossOf([descriptor, [-1, -2, -4]])).toBeCloseTo(-2, 5);
  });

  it('takes a descriptor of equal numbers to correlate with none', () => {
    expect(
      lossOf([
        [1, 2, 4],
        [7, 7, 7],
      ]),
    ).toBeCloseTo(0, 5);
  });

  it('has the gradient that finite differences have', () => {
    expectGradient((x) => compactnessLoss(x as tf.Tensor2D), tf.randomNormal([4, 5], 0, 1, 'float32', 2));
  });
});
