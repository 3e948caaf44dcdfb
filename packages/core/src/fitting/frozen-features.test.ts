import { avgPool, type Tensor4D } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import { type ImageSource, readBatch } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { imagenetNormalization } from '../tensors/normalization.js';
import { tf } from '../tensors/tf.js';
import { frozenFeatures } from './frozen-features.js';

beforeAll(() => tf.setBackend('cpu'));

/** Counts the images that go through it. */
function countingNetwork() {
  const counted = { images: 0 };
  const backbone: Backbone = {
    layers: ['layer1'],
    channels: { layer1: 3 },
    parameters: {},
    statistics: {},
    features(images: Tensor4D) {
      counted.images += images.shape[0];
      return { layer1: avgPool(images, 2, 2, 'valid') };
    },
    dispose() {},
  };
  return { learnable: { backbone, normalization: imagenetNormalization }, counted };
}

const images: ImageSource = {
  length: 10,
  size: [4, 4],
  image: async (index) => ({
    width: 4,
    height: 4,
    data: Uint8Array.from({ length: 48 }, (_, n) => index * 20 + n),
  }),
};
const bytesOfOne = 2 * 2 * 3 * 4;

async function featuresOf(indices: number[], budget: number) {
  const { learnable, counted } = countingNetwork();
  const features = await frozenFeatures(learnable, images, { batchSize: 4, budget: memoryBudget(budget) });
  const before = counted.images;
  const { layer1 } = await features.batch(indices, await readBatch(images, indices));
  return { kept: features.kept, values: await layer1?.array(), computed: counted.images - before };
}

describe('frozenFeatures', () => {
  it('computes nothing twice that fits the budget', async () => {
    const { kept, computed } = await featuresOf([7, 2, 9], 10 * bytesOfOne);
    expect({ kept, computed }).toEqual({ kept: 10, computed: 0 });
  });

  it('gives the same pyramids, in the order asked for, whatever fits the budget', async () => {
    const indices = [7, 2, 9, 0, 5];
    const { values } = await featuresOf(indices, 10 * bytesOfOne);
    for (const fitting of [6, 3, 0]) {
      const part = await featuresOf(indices, fitting * bytesOfOne);
      expect(part.kept).toBe(fitting);
      expect(part.values).toEqual(values);
    }
  });

  it('never keeps more than the budget, and gives it back', async () => {
    expect((await featuresOf([0], 5.9 * bytesOfOne)).kept).toBe(5);
    const budget = memoryBudget(10 * bytesOfOne);
    const features = await frozenFeatures(countingNetwork().learnable, images, { batchSize: 4, budget });
    expect(budget.take(1)).toBe(false);
    features.release();
    expect(budget.take(10 * bytesOfOne)).toBe(true);
  });

  it('gives the budget back where it is stopped, or an image cannot be read', async () => {
    const budget = memoryBudget(10 * bytesOfOne);
    const broken = {
      ...images,
      image: async (index: number) => {
        if (index === 7) throw new Error('no image');
        return images.image(index);
      },
    };
    const computing = frozenFeatures(countingNetwork().learnable, broken, { batchSize: 4, budget });
    await expect(computing).rejects.toThrow('no image');
    const stop = new AbortController();
    const stopped = frozenFeatures(countingNetwork().learnable, images, {
      batchSize: 4,
      budget,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('stop')),
    });
    await expect(stopped).rejects.toThrow('stop');
    expect(budget.take(10 * bytesOfOne)).toBe(true);
  });

  it('is nothing where there is no network', async () => {
    const normalization = imagenetNormalization;
    const features = await frozenFeatures({ normalization }, images, {
      batchSize: 4,
      budget: memoryBudget(0),
    });
    expect(await features.batch([1], await readBatch(images, [1]))).toEqual({});
  });
});
