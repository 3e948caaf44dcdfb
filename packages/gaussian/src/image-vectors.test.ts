import '@tensorflow/tfjs-backend-cpu';
import { memoryBudget, type Seen, tf } from '@adfw/core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { imageVectors, pooledFeatures } from './image-vectors.js';

beforeAll(() => tf.setBackend('cpu'));

/** Images whose features are their numbers, and a thousand more. */
async function* numbered(count: number, batchSize: number): AsyncGenerator<Seen> {
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    const numbers = tf.tidy(() => tf.reshape<tf.Rank.R4>(tf.range(start, start + size), [size, 1, 1, 1]));
    const features = { layer: tf.tidy(() => tf.concat([numbers, tf.add<tf.Tensor4D>(numbers, 1000)], 3)) };
    yield { images: numbers, features };
    tf.dispose([numbers, features.layer]);
  }
}

const vectorsOf = ({ features }: Seen) => pooledFeatures(features, ['layer']);

async function gathered(count: number, limit: number, bytes: number) {
  const report = vi.fn();
  const budget = memoryBudget(bytes);
  const context = { total: count, seed: 1, budget, report };
  const before = tf.memory().numTensors;
  const vectors = await imageVectors(numbered(count, 64), vectorsOf, context, limit);
  const rows = (await vectors.array()) as [number, number][];
  vectors.dispose();
  expect(tf.memory().numTensors).toBe(before);
  expect(budget.take(bytes)).toBe(true);
  return { rows, report };
}

describe('imageVectors', () => {
  it('are those of all images, in order', async () => {
    const { rows, report } = await gathered(150, 150, 2 ** 20);
    expect(rows).toEqual(Array.from({ length: 150 }, (_, index) => [index, index + 1000]));
    expect(report).not.toHaveBeenCalled();
  });

  it('are a random sample of more than the limit, which is said', async () => {
    const { rows, report } = await gathered(1000, 200, 2 ** 20);
    expect(new Set(rows.map(([number]) => number)).size).toBe(200);
    // A sample of the first ones would end at 199.
    expect(rows.at(-1)?.[0]).toBeGreaterThan(900);
    expect(report).toHaveBeenCalledWith('It is fitted to a random sample of 200 of the 1000 images.');
    expect((await gathered(1000, 200, 2 ** 20)).rows).toEqual(rows);
  });

  it.each([
    ['that memory has room for', 2000, 250],
    ['where there is no memory left', 0, 100],
  ])('are a sample %s', async (_, bytes, count) => {
    const { rows, report } = await gathered(500, 500, bytes);
    expect(rows).toHaveLength(count);
    expect(report).toHaveBeenCalledWith(`It is fitted to a random sample of ${count} of the 500 images.`);
  });
});

describe('pooledFeatures', () => {
  it('are means over positions, one layer after another', () => {
    const layer1 = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
    const layer2 = tf.tensor4d([9], [1, 1, 1, 1]);
    expect(pooledFeatures({ layer2, layer1 }, ['layer1', 'layer2']).arraySync()).toEqual([[4, 5, 9]]);
  });
});
