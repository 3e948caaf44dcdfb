import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { affineCoupling, composedFlow, type FlowStep } from './affine-coupling.js';
import { determinant } from './determinant.test.fixture.js';
import { randomPermutation } from './permutation.js';

beforeAll(() => tf.setBackend('cpu'));

/** A step whose subnet is one fixed product, of this seed. */
function step(channels: number, seed: number): FlowStep {
  const [kept, changed] = [channels - Math.floor(channels / 2), Math.floor(channels / 2)];
  const matrix = tf.randomNormal<tf.Rank.R2>([kept, 2 * changed], 0, 0.7, 'float32', seed);
  return affineCoupling({
    channels,
    clamp: 2,
    permutation: randomPermutation(channels, seed, 0),
    subnet: (half) => tf.tanh(tf.dot(half, matrix)) as never,
  });
}
const flow = (channels: number) => composedFlow([1, 2, 3, 4].map((seed) => step(channels, seed)));

describe.each([4, 5])('a flow of %d channels', (channels) => {
  const x = () => tf.randomNormal<tf.Rank.R2>([3, channels], 0, 1, 'float32', 9);

  it('gives back what went in', () => {
    const given = x();
    const { z } = flow(channels).forward(given);
    const back = flow(channels).inverse(z);
    expect(tf.max(tf.abs(tf.sub(back, given))).dataSync()[0]).toBeLessThan(1e-5);
    expect(tf.max(tf.abs(tf.sub(z, given))).dataSync()[0]).toBeGreaterThan(0.1);
  });

  it('stretches space as its Jacobian says', () => {
    const steps = flow(channels);
    const given = x();
    const { logDeterminant } = steps.forward(given);
    const rows = given.arraySync();
    const h = 1e-3;
    for (const [image, row] of rows.entries()) {
      const jacobian = row.map((_, column) => {
        const moved = (by: number) =>
          steps
            .forward(tf.tensor2d([row.map((value, at) => (at === column ? value + by : value))]))
            .z.dataSync();
        const [plus, minus] = [moved(h), moved(-h)];
        return Array.from(plus, (value, at) => (value - (minus[at] as number)) / (2 * h));
      });
      expect(logDeterminant.dataSync()[image]).toBeCloseTo(Math.log(Math.abs(determinant(jacobian))), 2);
    }
  });
});

describe('a permutation', () => {
  it('is undone, and its gradient is the inverse order', () => {
    const { apply, undo } = randomPermutation(6, 3, 1);
    const x = tf.range(0, 6);
    expect([...undo(apply(x)).dataSync()]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...apply(x).dataSync()]).not.toEqual([0, 1, 2, 3, 4, 5]);
    const weights = tf.tensor1d([1, 2, 3, 4, 5, 6]);
    const gradient = tf.grad((given) => tf.sum(tf.mul(apply(given), weights)))(x);
    expect([...gradient.dataSync()]).toEqual([...undo(weights).dataSync()]);
  });
});
