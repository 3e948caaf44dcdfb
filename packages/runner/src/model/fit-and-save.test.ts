import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RgbImage, randomOrder, resolveExperiment, tf } from '@adfw/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FitEvent, fitModel, loadRegistry, useEngine } from '../index.js';

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
  teacher: { type: 'resnet18', weights: 'random', width: 4, standardize: true },
  student: { type: 'resnet18', width: 4, count: 2 },
  layers: ['layer1'],
  training: { epochs: 2, batchSize: 4, optimizer: { type: 'adam' } },
};

const worthOf = (heldOut: number) => ({ heldOut, falseAlarmBound: 1 / (heldOut + 1), heldOutWanted: 99 });

it.each<[string, FitEvent['type'] | null, folds: number | null]>([
  ['that ends', null, null],
  ['with folds', null, 2],
  ['that is stopped while it trains', 'step', null],
  ['that is stopped while the score is fitted', 'fitting', null],
  ['that is stopped in a fold', 'fold', 2],
])('a fit %s leaves no tensor behind', async (_, stopAt, folds) => {
  const registry = await loadRegistry([]);
  const layers = [
    { source: 'the test', document: { ...document, training: { ...document.training, folds } } },
  ];
  const experiment = resolveExperiment({ registry, layers });
  const stop = new AbortController();
  const before = tf.memory().numTensors;
  const fit = fitModel(
    registry,
    {
      experiment,
      images: Array.from({ length: 8 }, (_, seed) => noise(seed)),
      imageSize: { height: 32, width: 32 },
      folder: join(folder, 'model'),
    },
    { onProgress: ({ type }) => type === stopAt && stop.abort(new Error('enough')), signal: stop.signal },
  );
  if (stopAt) await expect(fit).rejects.toThrow('enough');
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
      imageSize: { height: 32, width: 32 },
      folder: join(folder, 'twice'),
    },
    { onProgress: (event) => event.type === 'warning' && messages.push(event.message) },
  );
  expect(messages).toEqual([
    expect.stringMatching(/^1 training image is a copy of another \(images\[1\] = images\[3\]\): /),
  ]);
});
