/** With a network: the least nominal of the nominal images, and what a run takes. */
import {
  compose,
  type Dataset,
  openDataset,
  type RgbImage,
  resolveExperiment,
  type Sample,
} from '@adfw/core';
import { loadRegistry, useEngine } from '@adfw/runner';
import { beforeAll, describe, expect, it } from 'vitest';
import { auditDataset } from './audit.js';
import { estimateRun } from './estimate.js';

const SIZE = 48;
const size = { height: SIZE, width: SIZE };

beforeAll(() => useEngine('onnxruntime'));

async function composed(document: Record<string, unknown>) {
  const registry = await loadRegistry();
  const layers = [{ source: 'the test', document: { images: { size: SIZE }, seed: 3, ...document } }];
  return compose(registry, resolveExperiment({ registry, layers }));
}

/** The built-in sample, with a defective image among the nominal ones. */
async function spoiled(): Promise<Dataset> {
  const registry = await loadRegistry();
  const sample = { type: 'sample', train: 20, testNominal: 1, testDefective: 1 };
  const layers = [{ source: 'the test', document: { method: 'padim', dataset: sample } }];
  const dataset = await openDataset(registry, resolveExperiment({ registry, layers }));
  const defective = dataset.test.find(({ label }) => label === 1) as Sample;
  const planted: Sample = { id: 'train/good/planted.png', label: 0, defect: 'good' };
  return {
    ...dataset,
    train: [...dataset.train.slice(0, 7), planted, ...dataset.train.slice(7)],
    image: (sample, wanted) => dataset.image(sample === planted ? defective : sample, wanted),
  };
}

describe('the least nominal images', () => {
  it('are led by a defective one that was put among them', async () => {
    const { model, dispose } = await composed({
      method: 'mahalanobis',
      model: { backbone: { type: 'resnet18', weights: 'built-in' }, layers: ['layer1', 'layer2'] },
    });
    const { contents } = await auditDataset({
      dataset: await spoiled(),
      size,
      suspicious: { model, network: 'built-in', most: 3, seed: 3 },
    });
    dispose();
    const { images, median, compared } = contents.suspicious as NonNullable<typeof contents.suspicious>;
    expect(compared).toBe(21);
    expect(images).toHaveLength(3);
    expect(images[0]?.id).toBe('train/good/planted.png');
    expect(images[0]?.score).toBeGreaterThan(images[1]?.score as number);
    expect(median).toBeLessThan(images[2]?.score as number);
  });

  it('are none of too few, and of images that are all alike', async () => {
    const { model, dispose } = await composed({
      method: 'mahalanobis',
      model: { backbone: { type: 'resnet18', weights: 'built-in' }, layers: ['layer1'] },
    });
    const dataset = await spoiled();
    const alike: RgbImage = { ...size, data: new Uint8Array(3 * SIZE * SIZE).fill(80) };
    const suspicious = { model, network: 'built-in', most: 3, seed: 3 };
    const few = { ...dataset, train: dataset.train.slice(0, 3) };
    expect((await auditDataset({ dataset: few, size, suspicious })).contents.suspicious).toBeNull();
    const same = { ...dataset, image: async () => alike };
    expect((await auditDataset({ dataset: same, size, suspicious })).contents.suspicious).toBeNull();
    dispose();
  });
});

describe('estimateRun', () => {
  const images = Array.from(
    { length: 4 },
    (_, at): RgbImage => ({
      ...size,
      data: Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, n) => (n * (at + 7)) % 256),
    }),
  );
  const counts = { train: 10, heldOut: 3, scored: 5 };
  const fit = { batchSize: 4, cacheMemory: '1GiB' };

  it('counts what a training repeats', async () => {
    const composition = await composed({
      method: 'stfpm',
      fit,
      model: {
        teacher: { type: 'resnet18', weights: 'random', width: 4 },
        layers: ['layer1'],
        training: { epochs: 5 },
      },
    });
    const estimate = await estimateRun({ composition, images, counts, readingSeconds: 2 });
    composition.dispose();
    expect(estimate).toMatchObject({
      method: 'stfpm',
      images: counts,
      tiles: 1,
      batchSize: 4,
      // 13 images through the teacher, whose features are kept.
      featurePasses: 13,
      cache: { images: 18 * 3 * SIZE * SIZE, limit: 2 ** 30 },
      notes: [],
    });
    // layer1 has 4 channels, of a quarter of the height and the width.
    expect(estimate.cache.features).toBe(13 * 4 * (SIZE / 4) ** 2 * 4);
    const [stage] = estimate.stages;
    expect(stage).toMatchObject({ epochs: 5, steps: 15 });
    expect(estimate.seconds.fitting).toBeCloseTo(stage?.seconds as number, 9);
    expect(estimate.seconds).toMatchObject({ reading: 2, scoring: expect.any(Number) });
  });

  it('counts features anew where they are not kept', async () => {
    const composition = await composed({
      method: 'stfpm',
      fit: { ...fit, cacheMemory: '0' },
      model: {
        teacher: { type: 'resnet18', weights: 'random', width: 4 },
        layers: ['layer1'],
        training: { epochs: 5 },
      },
    });
    const { featurePasses } = await estimateRun({ composition, images, counts, readingSeconds: 0 });
    composition.dispose();
    expect(featurePasses).toBe(5 * 13);
  });

  it('looks once with a model that does not train, and at each tile', async () => {
    const composition = await composed({
      method: 'patchcore',
      images: { size: SIZE, tile: { size: 32, overlap: 16 } },
      fit,
      model: {
        backbone: { type: 'resnet18', weights: 'random', width: 4 },
        layers: ['layer1', 'layer2'],
        share: 0.1,
      },
    });
    const estimate = await estimateRun({ composition, images, counts, readingSeconds: 0 });
    composition.dispose();
    expect(estimate).toMatchObject({ tiles: 4, featurePasses: 40 });
    expect(estimate.stages.map(({ epochs, steps }) => [epochs, steps])).toEqual([[null, null]]);
    expect(estimate.notes.join()).toContain('its time is the least that it takes');
  });

  it('stops when it is interrupted', async () => {
    const composition = await composed({
      method: 'padim',
      model: { backbone: { type: 'resnet18', weights: 'random', width: 4 }, dimensions: 4 },
    });
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(estimateRun({ composition, images, counts, readingSeconds: 0, signal })).rejects.toThrow(
      'stopped',
    );
    composition.dispose();
  });
});
