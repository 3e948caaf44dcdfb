import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, largestError, values } from '../fixtures/read-fixture.js';
import { nearestDistances, nearestOf, squaredDistances } from './nearest.js';

beforeAll(() => tf.setBackend('cpu'));

describe('neighbours in a bank', () => {
  it('are those of scikit-learn', () => {
    const [queries, bank] = [fixture<tf.Rank.R2>('nearest.queries'), fixture<tf.Rank.R2>('nearest.bank')];
    const { distances, indices } = nearestOf(queries, bank, 5);
    expect(largestError(distances, values('nearest.distances'))).toBeLessThan(1e-5);
    expect([...indices.dataSync()]).toEqual([...values('nearest.indices')]);
  });

  it.each([1, 7, 100, 1000])('are as far however few are compared with at once: %d', (piece) => {
    const nearest = nearestDistances(
      fixture<tf.Rank.R2>('nearest.queries'),
      fixture<tf.Rank.R2>('nearest.bank'),
      piece,
    );
    const expected = values('nearest.distances').filter((_, i) => i % 5 === 0);
    expect(largestError(nearest, expected)).toBeLessThan(1e-5);
  });

  it('are not nearer than 0, however long the vectors', () => {
    const vectors = tf.randomUniform<tf.Rank.R2>([20, 8], 1e4, 1e4 + 1, 'float32', 1);
    expect(Math.min(...squaredDistances(vectors, vectors).dataSync())).toBeGreaterThanOrEqual(0);
    for (const distance of nearestDistances(vectors, vectors, 3).dataSync())
      expect(distance).toBeGreaterThanOrEqual(0);
  });
});
