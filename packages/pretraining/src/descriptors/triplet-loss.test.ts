import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectGradient } from '../gradient-check.test.fixture.js';
import { tripletLoss } from './triplet-loss.js';

beforeAll(() => tf.setBackend('cpu'));

const lossOf = (anchors: number[][], positives: number[][], negatives: number[][], margin = 1) =>
  tripletLoss(tf.tensor2d(anchors), tf.tensor2d(positives), tf.tensor2d(negatives), margin).dataSync()[0];

describe('tripletLoss', () => {
  it('is what is missing to the margin, the mean over triplets', () => {
    // Near: 1; far: the negative is 4 from the anchor and 9 from the positive.
    expect(lossOf([[0]], [[1]], [[-2]], 1)).toBe(0);
    expect(lossOf([[0]], [[1]], [[-2]], 5)).toBe(1 - 4 + 5);
    expect(lossOf([[0], [0]], [[1], [1]], [[-2], [-2]], 5)).toBe(2);
  });

  it('takes the nearer one of anchor and positive to the negative', () => {
    // The negative is 9 from the anchor and 4 from the positive.
    expect(lossOf([[0]], [[1]], [[3]], 5)).toBe(1 - 4 + 5);
  });

  it('has the gradient that finite differences have', () => {
    const shape: [number, number] = [4, 3];
    const [positives, negatives] = [1, 2].map((seed) => tf.randomNormal(shape, 0, 1, 'float32', seed));
    for (const place of [0, 1, 2])
      expectGradient(
        (moved) => {
          const all = [tf.randomNormal(shape, 0, 1, 'float32', 3), positives, negatives] as tf.Tensor2D[];
          all[place] = moved as tf.Tensor2D;
          return tripletLoss(...(all as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]), 3);
        },
        tf.randomNormal(shape, 0, 1, 'float32', 4),
      );
  });
});
