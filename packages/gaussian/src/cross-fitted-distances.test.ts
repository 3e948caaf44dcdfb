import '@tensorflow/tfjs-backend-cpu';
import { gaussianDistances, shrunkGaussian, tf } from '@adfw/core';
import { beforeAll, expect, it } from 'vitest';
import { nominal, relativeError } from '../fixtures/read-fixture.js';
import { crossFittedDistances } from './cross-fitted-distances.js';

beforeAll(() => tf.setBackend('cpu'));

it('measures each image by a Gaussian of all others, summed over the layers', async () => {
  const vectors = nominal();
  const [count, size] = vectors.shape;
  const sizes = [2, size - 2];
  const found = await crossFittedDistances(vectors, { sizes, folds: count, seed: 1 });
  const expected = [];
  for (const left of [0, 3, count - 1]) {
    const others = [...Array(count).keys()].filter((image) => image !== left);
    let distance = 0;
    for (const [start, length] of [[0, 2] as const, [2, size - 2] as const]) {
      const layer: tf.Tensor2D = tf.slice(vectors, [0, start], [-1, length]);
      const gaussian = await shrunkGaussian(tf.gather(layer, others));
      distance += gaussianDistances(tf.slice(layer, [left, 0], [1, -1]), gaussian).dataSync()[0] as number;
    }
    expected.push(distance);
  }
  const of = [0, 3, count - 1].map((image) => found[image] as number);
  expect(relativeError(of, expected)).toBeLessThan(1e-5);
});

it('does not let an image hide itself, and leaves nothing behind', async () => {
  const plain = nominal();
  const [count, size] = plain.shape;
  const shift = tf.tensor2d([Array.from({ length: size }, (_, at) => (at === 0 ? 40 : 0))]);
  const vectors = tf.concat([plain, tf.add<tf.Tensor2D>(tf.slice(plain, [0, 0], [1, -1]), shift)]);
  const before = tf.memory().numTensors;
  const crossed = await crossFittedDistances(vectors, { sizes: [size], folds: 5, seed: 1 });
  expect(tf.memory().numTensors).toBe(before);
  const gaussian = await shrunkGaussian(vectors);
  const hidden = gaussianDistances(vectors, gaussian).dataSync();
  const others = Math.max(...crossed.slice(0, count));
  expect(crossed[count]).toBeGreaterThan(2 * others);
  expect(crossed[count]).toBeGreaterThan(1.5 * (hidden[count] as number));
});
