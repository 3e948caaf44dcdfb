import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, expect, it } from 'vitest';
import { crossEntropy } from './cross-entropy.js';

beforeAll(() => tf.setBackend('cpu'));

it('is −mean log softmax of the class that is said', () => {
  const logits = tf.tensor2d([2, 0, 0, 1, 0, 3, 1, 1], [4, 2]);
  // log(1 + exp(−margin)) of two classes.
  const right = [2 - 0, 1 - 0, 0 - 3, 0].map((margin) => Math.log(1 + Math.exp(-margin)));
  const mean = right.reduce((sum, value) => sum + value, 0) / 4;
  expect(crossEntropy(logits, [0, 1, 0, 1]).dataSync()[0]).toBeCloseTo(mean, 5);
});
