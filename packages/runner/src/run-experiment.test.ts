/** Runs whose parts take something from the images or from each other, beside the usual ones that the command line's tests run. */

import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loadModel,
  type PreparedExperiment,
  predictImage,
  prepareExperiment,
  type RunEvent,
  type RunReport,
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

describe('the masks of a run', () => {
  const side = 32;
  const square = (inside: number, outside: number) =>
    sharp(
      Uint8Array.from({ length: side * side }, (_, i) => (i % side < 8 && i < side * 8 ? inside : outside)),
      { raw: { width: side, height: side, channels: 1 } },
    );
  const mask = 'ground_truth/hole/1_mask.png';
  let data: string;
  let masked: PreparedExperiment;
  beforeAll(async () => {
    data = join(folder, 'data');
    for (const name of ['train/good', 'test/good', 'test/hole', 'ground_truth/hole'])
      await mkdir(join(data, name), { recursive: true });
    for (let i = 0; i < 5; i++) await square(90 + i, 100).toFile(join(data, `train/good/${i}.png`));
    await square(97, 100).toFile(join(data, 'test/good/0.png'));
    for (const i of [0, 1]) {
      await square(250, 100).toFile(join(data, `test/hole/${i}.png`));
      await square(255, 0).toFile(join(data, `ground_truth/hole/${i}_mask.png`));
    }
    masked = await prepareExperiment({
      overrides: [
        {
          source: 'the test',
          document: {
            method: 'stfpm',
            teacher: { type: 'resnet18', weights: 'random', width: 4 },
            dataset: { type: 'mvtec', root: data, imageSize: side },
            training: { epochs: 2, batchSize: 4 },
          },
        },
      ],
    });
  });

  async function runMasked(name: string, onEvent: (event: RunEvent) => void = () => {}, how = runExperiment) {
    const events: RunEvent[] = [];
    const onProgress = (event: RunEvent) => {
      events.push(event);
      onEvent(event);
    };
    const engine = await useEngine('onnxruntime');
    const report = await how({ ...masked, engine, folder: join(folder, name), onProgress }).catch(
      (error: Error) => error,
    );
    return { report, events, types: new Set(events.map(({ type }) => type)) };
  }

  it('are all checked before anything is trained', async () => {
    for (const i of [0, 1])
      await square(255, 0)
        .resize(16)
        .toFile(join(data, `ground_truth/hole/${i}_mask.png`));
    const { report, types } = await runMasked('wrong-size');
    expect((report as Error).message).toMatch(
      /^2 images or masks.*0_mask\.png is 16x16 .*hole\/0\.png is 32x32.*1_mask\.png is 16x16/s,
    );
    expect([...types]).toEqual(['started', 'images']);
    for (const i of [0, 1]) await square(255, 0).toFile(join(data, `ground_truth/hole/${i}_mask.png`));
  });

  it('are warned of before anything is trained, and in the report, where they are unusual', async () => {
    await square(0, 0).toFile(join(data, mask));
    const { report, events, types } = await runMasked('empty');
    const warning = /^Masks .* without a defective pixel: 1 of 2, the first that of test\/hole\/1\.png/;
    const at = (type: RunEvent['type']) => events.findIndex((event) => event.type === type);
    expect(events[at('warning')]).toEqual({ type: 'warning', message: expect.stringMatching(warning) });
    expect(at('warning')).toBeLessThan(at('teacher'));
    expect(types).toContain('step');
    expect((report as RunReport).metrics.notes).toContainEqual(expect.stringMatching(warning));
    await square(255, 0).toFile(join(data, mask));
  }, 60_000);

  it('may be restored where they are damaged after the check: the run goes on without training again', async () => {
    const whole = await readFile(join(data, mask));
    const damage = (event: RunEvent) => {
      if (event.type === 'step') writeFileSync(join(data, mask), whole.subarray(0, 60));
    };
    const damaged = await runMasked('damaged', damage);
    expect((damaged.report as Error).message).toMatch(
      /1_mask\.png, the mask of .*hole\/1\.png, cannot be read.*restore it, and adfw run --resume .*damaged goes on/,
    );
    expect((damaged.report as Error).message).not.toContain('--skip-bad-images');

    await writeFile(join(data, mask), whole);
    const { report, types } = await runMasked('damaged', undefined, resumeExperiment);
    expect((report as RunReport).metrics.pixelAuroc).toEqual(expect.any(Number));
    expect(types).toContain('resumed');
    expect(types).not.toContain('step');
  }, 60_000);
});
