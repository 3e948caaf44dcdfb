import { avgPool } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { Dataset, Sample } from '../contracts/dataset.js';
import { teacherFeatures } from '../fitting/frozen-features.js';
import { tf } from '../tensors/tf.js';
import { readBatch, sampleImages } from './image-source.js';
import { type MemoryBudget, memoryBudget } from './memory-budget.js';

beforeAll(() => tf.setBackend('cpu'));

const [count, size] = [12, 4];
const bytesOfImage = size * size * 3;
const samples: Sample[] = Array.from({ length: count }, (_, n) => ({ id: `${n}`, label: 0, defect: 'good' }));
const everyIndex = samples.map((_, index) => index);

/** Counts the images that are decoded. */
function countingDataset() {
  const counted = { decoded: 0 };
  const dataset: Dataset = {
    name: 'numbers',
    category: null,
    imageSize: { height: size, width: size },
    train: samples,
    test: [],
    skipped: 0,
    async image({ id }) {
      counted.decoded++;
      const data = Uint8Array.from({ length: bytesOfImage }, (_, n) => Number(id) * 20 + n);
      return { height: size, width: size, data };
    },
    mask: async () => null,
  };
  return { dataset, counted };
}

/** A budget that adds up what was taken. */
function countingBudget(bytes: number): { budget: MemoryBudget; taken: () => number } {
  const budget = memoryBudget(bytes);
  let taken = 0;
  return {
    budget: {
      ...budget,
      take(wanted) {
        if (!budget.take(wanted)) return false;
        taken += wanted;
        return true;
      },
    },
    taken: () => taken,
  };
}

describe('sampleImages', () => {
  it.each([0, 5, count])(
    'keeps %i images where the budget is for so many, and decodes the rest again',
    async (fitting) => {
      const { dataset, counted } = countingDataset();
      const { budget, taken } = countingBudget((fitting + 0.9) * bytesOfImage);
      const images = sampleImages(dataset, samples, budget);
      const first = await readBatch(images, everyIndex);
      const again = await readBatch(images, everyIndex);
      expect(again).toEqual(first);
      expect(again.filter((image, index) => image === first[index])).toHaveLength(fitting);
      expect(counted.decoded).toBe(2 * count - fitting);
      expect(taken()).toBe(fitting * bytesOfImage);
    },
  );

  it('takes the memory of an image once, however often it is asked for at the same time', async () => {
    const { budget, taken } = countingBudget(1000 * bytesOfImage);
    const images = sampleImages(countingDataset().dataset, samples, budget);
    await readBatch(images, [3, 3, 3, 7]);
    expect(taken()).toBe(2 * bytesOfImage);
  });
});

const teacher: Backbone = {
  layers: ['layer1', 'layer2'],
  channels: { layer1: 3, layer2: 3 },
  parameters: {},
  statistics: {},
  features: (images) => ({ layer1: avgPool(images, 2, 2, 'valid'), layer2: avgPool(images, 4, 4, 'valid') }),
  dispose() {},
};
const bytesOfFeatures = (2 * 2 + 1) * 3 * 4;

it.each([
  ['nothing', 0],
  ['some images', 5.5 * bytesOfImage],
  ['all images and some features', count * bytesOfImage + 4.5 * bytesOfFeatures],
  ['everything', count * (bytesOfImage + bytesOfFeatures)],
])(
  'images and features together keep to one budget, and are the same within and beyond it: %s',
  async (_, bytes) => {
    const pyramids = async (budget: MemoryBudget) => {
      const images = sampleImages(countingDataset().dataset, samples, budget);
      await readBatch(images, everyIndex);
      const features = await teacherFeatures(teacher, images, { batchSize: 5, budget });
      const { layer1, layer2 } = await features.batch(everyIndex, await readBatch(images, everyIndex));
      return { kept: features.kept, values: [await layer1?.array(), await layer2?.array()] };
    };
    const { budget, taken } = countingBudget(bytes);
    const { kept, values } = await pyramids(budget);
    expect(taken()).toBeLessThanOrEqual(bytes);
    // No more is left than another image or its features would take.
    if (kept < count) expect(bytes - taken()).toBeLessThan(Math.max(bytesOfImage, bytesOfFeatures));
    expect(values).toEqual((await pyramids(memoryBudget(Number.POSITIVE_INFINITY))).values);
  },
);
