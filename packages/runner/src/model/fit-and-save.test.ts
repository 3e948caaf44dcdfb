import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdOut, type RgbImage, randomOrder, resolveExperiment, tf } from '@adfw/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FitEvent, fitModel, loadModel, loadRegistry, predictImage, useEngine } from '../index.js';
import { bringMeanEmbedding } from './mean-embedding.test.fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-fit-'));
  await useEngine('onnxruntime', { threads: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const noise = (seed: number): RgbImage => ({
  width: 32,
  height: 32,
  data: Uint8Array.from(randomOrder(32 * 32 * 3, seed, 0), (value) => value % 256),
});

const document = {
  method: 'uninformed-students',
  images: { size: 32 },
  model: {
    teacher: { type: 'resnet18', weights: 'random', width: 4 },
    layers: ['layer1'],
    students: 2,
    training: { epochs: 2 },
  },
  // Of an image each: between them a fit can be stopped.
  fit: { batchSize: 1 },
};

const worthOf = (heldOut: number) => ({ heldOut, falseAlarmBound: 1 / (heldOut + 1), heldOutWanted: 99 });

type Stop = (event: FitEvent) => boolean;
it.each<[string, stop: Stop | null, folds: number | null]>([
  ['that ends', null, null],
  ['with folds', null, 2],
  ['that is stopped while it trains', ({ type }) => type === 'step', null],
  [
    'that is stopped while the score is fitted',
    (event) => event.type === 'looking' && event.stage === 'score',
    null,
  ],
  ['that is stopped in a fold', ({ type }) => type === 'fold', 2],
])('a fit %s leaves no tensor behind', async (_, stopsAt, folds) => {
  const registry = await loadRegistry([]);
  const layers = [{ source: 'the test', document: { ...document, fit: { ...document.fit, folds } } }];
  const experiment = resolveExperiment({ registry, layers });
  const stop = new AbortController();
  const before = tf.memory().numTensors;
  const fit = fitModel(
    registry,
    {
      experiment,
      images: Array.from({ length: 8 }, (_, seed) => noise(seed)),
      folder: join(folder, 'model'),
    },
    { onProgress: (event) => stopsAt?.(event) && stop.abort(new Error('enough')), signal: stop.signal },
  );
  if (stopsAt) await expect(fit).rejects.toThrow('enough');
  else expect(await fit).toMatchObject({ train: 6, validation: 2, ...worthOf(folds === null ? 2 : 8) });
  expect(tf.memory().numTensors).toBe(before);
});

it('a fit warns of an image that it is given twice', async () => {
  const registry = await loadRegistry([]);
  const experiment = resolveExperiment({ registry, layers: [{ source: 'the test', document }] });
  const messages: string[] = [];
  await fitModel(
    registry,
    {
      experiment,
      images: [noise(0), noise(1), noise(2), noise(1), noise(3)],
      folder: join(folder, 'twice'),
    },
    { onProgress: (event) => event.type === 'warning' && messages.push(event.message) },
  );
  expect(messages).toEqual([
    expect.stringMatching(/^1 training image is a copy of another \(images\[1\] = images\[3\]\): /),
  ]);
});

it('a model that is not trained and has no maps is fitted, saved and loaded', async () => {
  bringMeanEmbedding();
  const registry = await loadRegistry([]);
  const embedding = { method: 'mean-embedding', images: { size: 32 }, fit: { batchSize: 4 } };
  const experiment = resolveExperiment({ registry, layers: [{ source: 'the test', document: embedding }] });
  const run = join(folder, 'embedding');
  const images = Array.from({ length: 10 }, (_, seed) => noise(seed));
  const report = await fitModel(registry, { experiment, images, folder: run });
  expect(report).toMatchObject({ train: 8, validation: 2, training: [], threshold: expect.any(Number) });
  const { manifest, detector, composition } = await loadModel(run);
  expect(manifest.mapRange).toBeNull();
  const { validation } = holdOut(images.length, 0.2, experiment.seed);
  const found = await Promise.all(
    validation.map((index) => predictImage(detector, manifest, images[index] as RgbImage)),
  );
  expect(found).toMatchObject(
    manifest.heldOutScores.map((score) => ({
      score: expect.closeTo(score, 5),
      verdict: expect.any(String),
      map: null,
    })),
  );
  expect(new Set(manifest.heldOutScores).size).toBe(2);
  composition.dispose();
});
