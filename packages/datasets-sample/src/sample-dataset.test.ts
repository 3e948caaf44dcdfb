import { createHash } from 'node:crypto';
import type { Sample } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { createSampleDataset, type SampleOptions, sampleDataset } from './sample-dataset.js';

const open = (options: Partial<SampleOptions> = {}) =>
  createSampleDataset({
    category: 'fabric',
    train: 6,
    testNominal: 4,
    testDefective: 5,
    seed: 0,
    ...options,
  });

const size = { height: 64, width: 64 };
const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex').slice(0, 16);

describe('samples', () => {
  it('are as many as asked for, the kinds of defect sharing alike', () => {
    const { train, test } = open();
    expect(train).toHaveLength(6);
    expect(train[5]).toEqual({ id: 'train/good/005', label: 0, defect: 'good' });
    expect(test.map(({ id, label }) => `${id} ${label}`)).toEqual([
      'test/missing-thread/000 1',
      'test/missing-thread/001 1',
      'test/missing-thread/002 1',
      'test/stain/000 1',
      'test/stain/001 1',
      'test/good/000 0',
      'test/good/001 0',
      'test/good/002 0',
      'test/good/003 0',
    ]);
    expect(open({ testNominal: 0, testDefective: 0 }).test).toEqual([]);
    for (const testDefective of [1, 2, 7])
      expect(open({ testDefective, testNominal: 0 }).test).toHaveLength(testDefective);
  });

  it('have an image of the size asked for, and a mask that is empty where they are nominal', async () => {
    const dataset = open();
    const [height, width] = [40, 80];
    for (const sample of dataset.test) {
      const image = await dataset.image(sample, { height, width });
      const mask = await dataset.mask(sample, { height, width });
      expect(image).toMatchObject({ width, height });
      expect(image.data).toHaveLength(40 * 80 * 3);
      expect(mask).toMatchObject({ width, height });
      expect(mask?.data).toHaveLength(40 * 80);
      expect(mask?.data.includes(1)).toBe(sample.label === 1);
    }
  });

  it('refuse an id that is not theirs', async () => {
    const strange: Sample = { id: 'train/good/006', label: 0, defect: 'good' };
    await expect(open().image(strange, size)).rejects.toThrow(/no sample train\/good\/006/);
  });
});

describe('images', () => {
  // Computed on Linux, x64; every machine must give the same.
  it.each([
    ['fabric', ['a10d8d768045130e', '50cdc1ff250b7f33', '54b4f6a0268e3674']],
    ['metal', ['1a8def4878761d01', '1338b9fb223a72d9', '47a0159191e2f200']],
    ['wood', ['f3830d2a10942348', 'c822734943c62cf8', '7e7f0bf4b457c82f']],
  ] as const)('are the same everywhere: %s', async (category, expected) => {
    const dataset = open({ category });
    const samples = [dataset.train[0], dataset.test[0], dataset.test[3]] as Sample[];
    const images = await Promise.all(samples.map((sample) => dataset.image(sample, size)));
    expect(images.map(({ data }) => hash(data))).toEqual(expected);
  });

  it('depend on the id and the seed, not on the order they are asked for or on what else there is', async () => {
    const [first, second] = [open(), open({ train: 100, testDefective: 9 })];
    const backwards = await Promise.all(first.test.toReversed().map((sample) => first.image(sample, size)));
    for (const [index, sample] of first.test.entries())
      expect(backwards.at(-1 - index)).toEqual(await second.image(sample, size));
    const other = open({ seed: 1 });
    expect(await other.image(other.train[0] as Sample, size)).not.toEqual(
      await first.image(first.train[0] as Sample, size),
    );
  });

  it('are all different', async () => {
    const dataset = open({ train: 20 });
    const samples = [...dataset.train, ...dataset.test];
    const hashes = await Promise.all(
      samples.map(async (sample) => hash((await dataset.image(sample, size)).data)),
    );
    expect(new Set(hashes).size).toBe(samples.length);
  });

  it('show the same piece and the same defect at any size', async () => {
    const masks = await Promise.all(
      [64, 256].map(async (imageSize) => {
        const dataset = open({ category: 'wood' });
        const hole = dataset.test.find(({ defect }) => defect === 'hole') as Sample;
        const mask = await dataset.mask(hole, { height: imageSize, width: imageSize });
        return { imageSize, data: (mask as { data: Uint8Array }).data };
      }),
    );
    const [small, large] = masks.map(({ imageSize, data }) => {
      const pixels = [...data.keys()].filter((i) => data[i] === 1);
      const mean = (values: number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length / imageSize;
      return {
        x: mean(pixels.map((i) => (i % imageSize) + 0.5)),
        y: mean(pixels.map((i) => Math.floor(i / imageSize) + 0.5)),
        area: pixels.length / data.length,
      };
    });
    expect(small?.x).toBeCloseTo(large?.x ?? 0, 2);
    expect(small?.y).toBeCloseTo(large?.y ?? 0, 2);
    expect((small?.area ?? 0) / (large?.area ?? 1)).toBeGreaterThan(0.8);
    expect((small?.area ?? 0) / (large?.area ?? 1)).toBeLessThan(1.25);
  });
});

it('describes every category and its defects', () => {
  const description = String(sampleDataset.options?.category?.description);
  for (const word of [
    'fabric',
    'missing-thread',
    'stain',
    'metal',
    'scratch',
    'dent',
    'wood',
    'hole',
    'crack',
  ])
    expect(description).toContain(word);
});
