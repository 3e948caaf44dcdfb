import { disposeVariables, memory, moments, mul, type Tensor4D } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import { tf } from '../tensors/tf.js';
import { withStandardizedFeatures } from './standardized-features.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

/** The image itself, its channels on different scales and the last one constant. */
const teacher = (): Backbone => ({
  layers: ['layer1'],
  channels: { layer1: 3 },
  parameters: {},
  statistics: {},
  features: (images) => ({ layer1: mul(images, tf.tensor1d([1, 100, 0])) }),
  dispose() {},
});

const batch = (images: number, seed: number) =>
  tf.randomNormal<tf.Rank.R4>([images, 4, 5, 3], seed, 1 + seed, 'float32', seed);

/** Gives each batch as a run does: it is gone when the next one comes. */
const inTurn = (make: () => Tensor4D[]): AsyncIterable<Tensor4D> => ({
  async *[Symbol.asyncIterator]() {
    for (const images of make()) {
      yield images;
      images.dispose();
    }
  },
});

const batches = () => [batch(3, 1), batch(2, 5), batch(1, 9)];

describe('withStandardizedFeatures', () => {
  it('gives each channel mean 0 and deviation 1 over all positions of all batches', async () => {
    const standardized = withStandardizedFeatures(teacher());
    await standardized.fit?.(inTurn(batches));
    const all = tf.concat(batches());
    const { mean, variance } = moments(standardized.features(all, 'eval').layer1 as Tensor4D, [0, 1, 2]);
    for (const value of await mean.data()) expect(value).toBeCloseTo(0, 5);
    const [first, second, constant] = await variance.data();
    expect(first).toBeCloseTo(1, 4);
    expect(second).toBeCloseTo(1, 4);
    expect(constant).toBe(0);
  });

  it("keeps mu and sigma among the teacher's statistics, under the layer's name", async () => {
    const standardized = withStandardizedFeatures(teacher());
    const { 'standardization.layer1.mean': mean, 'standardization.layer1.deviation': deviation } =
      standardized.statistics;
    expect([...(mean?.dataSync() ?? [])]).toEqual([0, 0, 0]);
    expect([...(deviation?.dataSync() ?? [])]).toEqual([1, 1, 1]);
    await standardized.fit?.(inTurn(() => [tf.tensor4d([1, 1, 1, 3, 5, 1], [1, 1, 2, 3])]));
    expect([...(mean?.dataSync() ?? [])]).toEqual([2, 300, 0]);
    expect([...(deviation?.dataSync() ?? [])]).toEqual([1, 200, 1]);
  });

  it('fits a teacher that takes something from the images itself, before it measures its features', async () => {
    const shifting = (): Backbone => {
      const own = teacher();
      let shift = 0;
      return {
        ...own,
        features: (images) => ({ layer1: tf.add(images, shift) }),
        async fit(given) {
          for await (const _ of given) shift += 10;
        },
      };
    };
    const standardized = withStandardizedFeatures(shifting());
    await standardized.fit?.(inTurn(() => [tf.zeros([1, 1, 1, 3])]));
    const { layer1 } = standardized.features(tf.zeros([1, 1, 1, 3]), 'eval');
    expect([...(layer1?.dataSync() ?? [])]).toEqual([0, 0, 0]);
  });

  it('keeps no tensor but its statistics', async () => {
    const before = memory().numTensors;
    const standardized = withStandardizedFeatures(teacher());
    await standardized.fit?.(inTurn(batches));
    expect(memory().numTensors).toBe(before + 2);
    standardized.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
