/** Runs on a dataset that holds images out itself, and has some without a label. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { image, left, tree } from '../../../datasets-mvtec/src/tree.test.fixture.js';
import { prepareExperiment, type RunEvent, runExperiment, useEngine } from '../index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-own-splits-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('holds out the validation images, scores what has no label, and counts it nowhere', async () => {
  const root = await tree({
    'train/good/000_regular.png': image(100),
    'train/good/001_regular.png': image(104),
    'train/good/002_regular.png': image(108),
    'validation/good/000_regular.png': image(102),
    'validation/good/001_regular.png': image(106),
    'test_public/good/000_regular.png': image(104),
    'test_public/bad/000_regular.png': image(240),
    'test_public/ground_truth/bad/000_regular_mask.png': left,
    // As it would count if it had the label of its kind: it is no worse than what is nominal.
    'test_private/000_regular.png': image(255),
  });
  const prepared = await prepareExperiment({
    overrides: [
      {
        source: 'the test',
        document: {
          method: 'padim',
          dataset: { type: 'mvtec-ad-2', root },
          images: { size: 32 },
          model: { backbone: { type: 'resnet18', weights: 'random', width: 4 }, layers: ['layer1'] },
        },
      },
    ],
  });
  const said: string[] = [];
  const report = await runExperiment({
    ...prepared,
    engine: await useEngine('onnxruntime'),
    folder: join(folder, 'run'),
    onProgress: (event: RunEvent) => {
      if (event.type === 'message') said.push(event.message);
    },
  });
  expect(report.dataset).toMatchObject({
    train: 3,
    validation: 2,
    testGood: 1,
    testDefective: 1,
    unlabelled: 1,
  });
  expect(report.metrics).toMatchObject({ imageAuroc: 1, falseGoods: 0 });
  expect(report.metrics.deployed?.heldOut).toBe(2);
  expect(said).toEqual([
    'Held out are the 2 validation images of the dataset itself, in place of a share of the training images (fit.validationFraction).',
    'Scored without being counted, since they have no label: 1 images.',
  ]);
  const lines = (await readFile(join(folder, 'run/scores.csv'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => line.split(',').slice(0, 3))).toEqual([
    ['image', 'label', 'defect'],
    ['test_public/bad/000_regular.png', 'defective', 'bad'],
    ['test_public/good/000_regular.png', 'nominal', 'good'],
    ['test_private/000_regular.png', '', ''],
  ]);
  expect(lines[0]).toMatch(/,group,view$/);
  for (const kind of ['maps', 'anomaly-maps'])
    expect(existsSync(join(folder, 'run', kind, 'test_private/000_regular.png'))).toBe(true);
  const record = JSON.parse(await readFile(join(folder, 'run/data.json'), 'utf8'));
  expect(record.train.map(({ id }: { id: string }) => id).slice(3)).toEqual([
    'validation/good/000_regular.png',
    'validation/good/001_regular.png',
  ]);
  expect(record.test.at(-1)).toMatchObject({ id: 'test_private/000_regular.png', label: null });
});
