/** Runs whose parts take something from the images or from each other, beside the usual ones that the command line's tests run. */

import { existsSync, writeFileSync } from 'node:fs';
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
} from '../index.js';

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
          dataset: { type: 'sample', train: 24, testNominal: 4, testDefective: 4 },
          images: { size: 32 },
          model: {
            teacher: { type: 'resnet18', weights: 'random', width: 8 },
            standardize: true,
            student: { type: 'simple-student', width: 4 },
            students: 2,
            adapter: 'convolution',
            training: { epochs: 3, optimizer: { learningRate: 0.05 } },
          },
          fit: { batchSize: 8 },
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
    const losses = lines.map((line) => JSON.parse(line).loss as Record<string, number>);
    for (const student of ['student 1', 'student 2'])
      expect(losses.at(-1)?.[student]).toBeLessThan(losses[0]?.[student] as number);
    expect(new Set(Object.values(losses[0] ?? {})).size).toBe(2);
  });

  it('is saved whole: the loaded model gives the same scores', async () => {
    const { manifest, detector, composition } = await loadModel(join(folder, 'whole'));
    const dataset = await composition.dataset();
    const again: number[] = [];
    for (const sample of dataset.test)
      again.push(
        (await predictImage(detector, manifest, await dataset.image(sample, manifest.imageSize))).score,
      );
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

  it('is not gone on with where an experiment lies among things of the user', async () => {
    const project = join(folder, 'project');
    await mkdir(join(project, 'model'), { recursive: true });
    await writeFile(join(project, 'experiment.json'), JSON.stringify(prepared.experiment));
    const refused = async (name: string, message: RegExp) => {
      await writeFile(join(project, name), 'theirs');
      await expect(resume('project')).rejects.toThrow(
        expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(message) }),
      );
      expect(await readFile(join(project, name), 'utf8')).toBe('theirs');
      await rm(join(project, name));
    };
    await refused('model/notes.txt', /model: it holds notes\.txt/);
    await refused('scores.csv', /scores\.csv is there and is no table of scores of adfw/);
    await refused('train.jsonl', /train\.jsonl is there and is no training log of adfw/);
    await rm(join(project, 'model'), { recursive: true });
    await mkdir(join(project, 'maps'));
    await refused('maps/town.png', /maps is there, without a model/);
    expect((await readdir(project)).sort()).toEqual(['experiment.json', 'maps']);
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
            dataset: { type: 'mvtec', root: data },
            images: { size: side },
            model: { teacher: { type: 'resnet18', weights: 'random', width: 4 }, training: { epochs: 2 } },
            // So that masks are read again, as those of a large data set are.
            fit: { batchSize: 4, cacheMemory: '0MiB' },
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
    expect([...types]).toEqual(['images']);
    // The same command can be given again once the masks are right.
    expect(existsSync(join(folder, 'wrong-size'))).toBe(false);
    for (const i of [0, 1]) await square(255, 0).toFile(join(data, `ground_truth/hole/${i}_mask.png`));
  });

  it('are warned of before anything is trained, and in the report, where they are unusual', async () => {
    await square(0, 0).toFile(join(data, mask));
    const { report, events, types } = await runMasked('empty');
    const warning = /^Masks .* without a defective pixel: 1 of 2, the first that of test\/hole\/1\.png/;
    const at = (type: RunEvent['type']) => events.findIndex((event) => event.type === type);
    expect(events[at('warning')]).toEqual({ type: 'warning', message: expect.stringMatching(warning) });
    expect(at('warning')).toBeLessThan(at('features'));
    expect(types).toContain('step');
    expect((report as RunReport).metrics.notes).toContainEqual(expect.stringMatching(warning));
    await square(255, 0).toFile(join(data, mask));
  });

  it('may be restored where they are damaged after the check: the run goes on without training again', async () => {
    const whole = await readFile(join(data, mask));
    const damage = (event: RunEvent) => {
      if (event.type === 'step') writeFileSync(join(data, mask), whole.subarray(0, 60));
    };
    const damaged = await runMasked('damaged', damage);
    expect((damaged.report as Error).message).toMatch(
      /1_mask\.png, the mask of .*hole\/1\.png, cannot be read.*or repair it: adfw run --resume .*damaged then goes on/,
    );
    expect((damaged.report as Error).message).not.toContain('--skip-bad-images');

    const still = await runMasked('damaged', undefined, resumeExperiment);
    expect((still.report as Error).message).toBe((damaged.report as Error).message);

    await writeFile(join(data, mask), whole);
    const { report, types } = await runMasked('damaged', undefined, resumeExperiment);
    expect((report as RunReport).metrics.pixelAuroc).toEqual(expect.any(Number));
    expect(types).toContain('resumed');
    expect(types).not.toContain('step');
  });
});

describe('a run one of whose test images is damaged while it trains', () => {
  it('keeps what was learnt: resumed after the repair it trains no more', async () => {
    const data = join(folder, 'changing');
    const picture = (grey: number) =>
      sharp({ create: { width: 32, height: 32, channels: 3, background: { r: grey, g: 90, b: 60 } } })
        .png()
        .toBuffer();
    for (const name of ['train/good/0', 'train/good/1', 'test/good/0', 'test/spot/0']) {
      await mkdir(join(data, name, '..'), { recursive: true });
      await writeFile(join(data, `${name}.png`), await picture(100 + Number(name.at(-1))));
    }
    const { registry, experiment } = await prepareExperiment({
      overrides: [
        {
          source: 'the test',
          document: {
            method: 'stfpm',
            dataset: { type: 'mvtec', root: data },
            images: { size: 32 },
            model: {
              teacher: { type: 'resnet18', weights: 'random', width: 4 },
              student: { type: 'simple-student', width: 4 },
              training: { epochs: 1 },
            },
            // Images are read when they are needed.
            fit: { batchSize: 2, cacheMemory: '0' },
          },
        },
      ],
    });
    const damaged = join(data, 'test/spot/0.png');
    const whole = await readFile(damaged);
    const engine = await useEngine('onnxruntime');
    const options = { registry, experiment, engine, folder: join(folder, 'damaged-image') };
    const onProgress = ({ type }: RunEvent) => {
      if (type === 'epoch') writeFileSync(damaged, 'no image');
    };
    await expect(runExperiment({ ...options, onProgress })).rejects.toThrow(/spot\/0\.png cannot be read/);
    await writeFile(damaged, whole);
    const events: string[] = [];
    const report = await resumeExperiment({ ...options, onProgress: ({ type }) => events.push(type) });
    expect(events).toContain('resumed');
    expect(events).not.toContain('epoch');
    expect(report.dataset).toMatchObject({ testGood: 1, testDefective: 1 });
  });
});
