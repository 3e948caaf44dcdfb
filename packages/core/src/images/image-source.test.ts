import { avgPool } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { Dataset, Sample } from '../contracts/dataset.js';
import { frozenFeatures } from '../fitting/frozen-features.js';
import { imagenetNormalization } from '../tensors/normalization.js';
import { tf } from '../tensors/tf.js';
import {
  batchReader,
  imagePixels,
  joinedImages,
  pickImages,
  readBatch,
  readBatches,
  sampleImages,
} from './image-source.js';
import { type MemoryBudget, memoryBudget } from './memory-budget.js';

beforeAll(() => tf.setBackend('cpu'));

const [count, size] = [12, 4];
const imageSize = { height: size, width: size };
const bytesOfImage = size * size * 3;
const samples: Sample[] = Array.from({ length: count }, (_, n) => ({ id: `${n}`, label: 0, defect: 'good' }));
const everyIndex = samples.map((_, index) => index);

/** Counts the images that are decoded. */
function countingDataset() {
  const counted = { decoded: 0 };
  const dataset: Dataset = {
    name: 'numbers',
    category: null,
    train: samples,
    test: [],
    skipped: 0,
    async image({ id }, asked) {
      counted.decoded++;
      expect(asked).toEqual(imageSize);
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
      const images = sampleImages(dataset, samples, imageSize, budget);
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
    const images = sampleImages(countingDataset().dataset, samples, imageSize, budget);
    await readBatch(images, [3, 3, 3, 7]);
    expect(taken()).toBe(2 * bytesOfImage);
  });

  it('forgets as many as it takes, gives their memory back, and reads them again', async () => {
    const { dataset, counted } = countingDataset();
    const budget = memoryBudget(4 * bytesOfImage);
    const images = sampleImages(dataset, samples, imageSize, budget);
    const first = await readBatch(images, [0, 1, 2, 3]);
    expect(budget.take(1)).toBe(false);
    expect(images.forget?.(bytesOfImage + 1)).toBe(2 * bytesOfImage);
    expect(budget.take(2 * bytesOfImage)).toBe(true);
    expect(await readBatch(images, [0, 1, 2, 3])).toEqual(first);
    expect(counted.decoded).toBe(4 + 2);
    expect(images.forget?.(Number.POSITIVE_INFINITY)).toBe(2 * bytesOfImage);
  });
});

describe('images one after another', () => {
  const numbered = (length: number, from = 0) => ({
    length,
    size: [1, 1] as const,
    image: async (index: number) => ({ width: 1, height: 1, data: new Uint8Array(3).fill(from + index) }),
  });
  const valuesOf = (images: readonly { data: Uint8Array }[]) => images.map(({ data }) => data[0]);

  it('are those of two sources, or some of one', async () => {
    const joined = joinedImages(numbered(2), numbered(3, 10));
    expect(valuesOf(await readBatch(joined, [...Array(joined.length).keys()]))).toEqual([0, 1, 10, 11, 12]);
    const picked = pickImages(joined, [4, 0]);
    expect(valuesOf(await readBatch(picked, [0, 1]))).toEqual([12, 0]);
    expect([picked.length, picked.size]).toEqual([2, [1, 1]]);
  });

  /** A source that tells in which order it was asked. */
  const reading = (length: number) => {
    const reads: number[] = [];
    const source = numbered(length);
    const image = (index: number) => {
      reads.push(index);
      return source.image(index);
    };
    return { ...source, image, reads };
  };

  it('are read two batches ahead, in the order asked for', async () => {
    const source = reading(6);
    const readAtBatch: number[][] = [];
    const batches: unknown[] = [];
    for await (const { indices, batch } of readBatches(source, [[5, 0], [1], [2, 3], [4]])) {
      readAtBatch.push([...source.reads]);
      batches.push([indices, valuesOf(batch)]);
    }
    expect(readAtBatch).toEqual([
      [5, 0, 1, 2, 3],
      [5, 0, 1, 2, 3, 4],
      [5, 0, 1, 2, 3, 4],
      [5, 0, 1, 2, 3, 4],
    ]);
    expect(batches).toEqual([[5, 0], [1], [2, 3], [4]].map((indices) => [indices, indices]));
    for await (const _ of readBatches(source, [])) expect.unreachable();
  });

  it('are read ahead of what follows, and once', async () => {
    const source = reading(9);
    const reader = batchReader(source);
    const [training, heldOut, next] = [[[0, 1], [2]], [[7, 8]], [[1, 0], [2], [2]]];
    const valuesIn = async (batches: number[][], following: number[][]) => {
      const values: unknown[] = [];
      for await (const { batch } of reader.batches(batches, following)) values.push(valuesOf(batch));
      return values;
    };
    expect(await valuesIn(training, [...heldOut, ...next])).toEqual(training);
    expect(source.reads).toEqual([0, 1, 2, 7, 8, 1, 0]);
    expect(await valuesIn(heldOut, next)).toEqual(heldOut);
    expect(source.reads).toEqual([0, 1, 2, 7, 8, 1, 0, 2]);
    expect(await valuesIn(next, [])).toEqual(next);
    expect(source.reads).toEqual([0, 1, 2, 7, 8, 1, 0, 2, 2]);
  });

  it('fail where the batch is asked for that cannot be read, not before', async () => {
    const broken = {
      ...numbered(2),
      image: async (index: number) =>
        index === 1 ? Promise.reject(new Error('no image')) : numbered(1).image(0),
    };
    const batches = readBatches(broken, [[0], [1]]);
    expect((await batches.next()).done).toBe(false);
    await new Promise((resolve) => setTimeout(resolve));
    await expect(batches.next()).rejects.toThrow('no image');
  });

  it('are written into the memory that is given, where it has the size', async () => {
    const buffer = { pixels: new Float32Array(6) };
    const { pixels } = buffer;
    const two = await readBatch(numbered(2, 7), [0, 1]);
    expect(imagePixels(two, buffer)).toEqual({
      pixels: Float32Array.from([7, 7, 7, 8, 8, 8]),
      shape: [2, 1, 1, 3],
    });
    expect(buffer.pixels).toBe(pixels);
    imagePixels(two.slice(1), buffer);
    expect(buffer.pixels).toHaveLength(3);
    expect(pixels).toHaveLength(6);
    const wide = { width: 2, height: 1, data: new Uint8Array(6) };
    expect(() => imagePixels([...two, wide])).toThrow(
      'Images of one batch have one size: 1x1 and 1x2 were given.',
    );
  });
});

const backbone: Backbone = {
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
      const images = sampleImages(countingDataset().dataset, samples, imageSize, budget);
      await readBatch(images, everyIndex);
      const features = await frozenFeatures({ backbone, normalization: imagenetNormalization }, images, {
        batchSize: 5,
        budget,
      });
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
