/** Runs whose parts take something from the images or from each other, beside the usual ones that the command line's tests run. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loadModel,
  type PreparedExperiment,
  predictImage,
  prepareExperiment,
  type RunEvent,
  resumeExperiment,
  runExperiment,
  useEngine,
} from './index.js';

let folder: string;
let prepared: PreparedExperiment;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-run-'));
  await useEngine('onnxruntime');
  prepared = await prepareExperiment({
    overrides: [
      {
        source: 'the test',
        document: {
          method: 'fvv',
          teacher: { type: 'resnet18', weights: 'random', width: 8, standardize: true },
          student: { type: 'simple-student', width: 4, count: 2, adapter: 'convolution' },
          dataset: { type: 'sample', imageSize: 32, train: 24, testNominal: 4, testDefective: 4 },
          training: { epochs: 3, batchSize: 8, optimizer: { learningRate: 0.05 } },
        },
      },
    ],
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = async (
  name: string,
  options: { signal?: AbortSignal; onProgress?: (event: RunEvent) => void } = {},
) =>
  runExperiment({
    ...prepared,
    engine: await useEngine('onnxruntime'),
    folder: join(folder, name),
    ...options,
  });

const resume = async (name: string) =>
  resumeExperiment({ ...prepared, engine: await useEngine('onnxruntime'), folder: join(folder, name) });

const scoresOf = async (name: string): Promise<number[]> => {
  const [header, ...lines] = (await readFile(join(folder, name, 'scores.csv'), 'utf8')).trim().split('\n');
  const column = (header as string).split(',').indexOf('score');
  const scores = lines.map((line) => Number(line.split(',')[column]));
  expect(scores.every(Number.isFinite)).toBe(true);
  return scores;
};

describe('a run with a standardised teacher and adapted students of another width', () => {
  let scores: number[];
  beforeAll(async () => {
    await run('whole');
    scores = await scoresOf('whole');
  });

  it('brings every student nearer to the teacher', async () => {
    const lines = (await readFile(join(folder, 'whole', 'train.jsonl'), 'utf8')).trim().split('\n');
    const losses = lines.map((line) => JSON.parse(line).loss as number[]);
    for (const student of [0, 1])
      expect(losses.at(-1)?.[student]).toBeLessThan(losses[0]?.[student] as number);
    expect(new Set(losses[0]).size).toBe(2);
  });

  it('is saved whole: the loaded model gives the same scores', async () => {
    const { manifest, detector, composition } = await loadModel(join(folder, 'whole'));
    const dataset = await composition.dataset();
    const again: number[] = [];
    for (const sample of dataset.test)
      again.push((await predictImage(detector, manifest, await dataset.image(sample))).score);
    again.forEach((score, index) => {
      expect(score).toBeCloseTo(scores[index] as number, 5);
    });
    composition.dispose();
  });

  it('goes on to the same result after an interruption', async () => {
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.type === 'epoch') stop.abort(new Error('stopped'));
    };
    await expect(run('stopped', { signal: stop.signal, onProgress })).rejects.toThrow('stopped');
    expect((await readdir(join(folder, 'stopped'))).sort()).toEqual([
      'checkpoint',
      'data.json',
      'experiment.json',
      'train.jsonl',
    ]);
    await resume('stopped');
    expect(await scoresOf('stopped')).toEqual(scores);
  });

  it('is not gone on with while it runs', async () => {
    let second: Promise<unknown> | undefined;
    const onProgress = (event: RunEvent) => {
      if (event.type === 'started') second = resume('twice').catch((error) => error);
    };
    await run('twice', { onProgress });
    expect(await second).toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/^Another adfw works in .*twice/),
    });
    expect(await scoresOf('twice')).toEqual(scores);
  });
});
