/** What a run goes on with, after it was interrupted and its files were changed. */
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { randomOrder } from '@adfw/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareExperiment, type RunEvent, resumeExperiment, runExperiment, useEngine } from '../index.js';
import { keepDataRecord, readDataRecord } from './data-record.js';
import { optionFiles } from './option-files.js';

const SIDE = 32;
let folder: string;
const at = (...path: string[]) => join(folder, ...path);

const grey = (pixels: Uint8Array) =>
  sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 1 } })
    .png()
    .toBuffer();
const noise = (seed: number) =>
  grey(Uint8Array.from(randomOrder(SIDE * SIDE, seed, 0), (value) => value % 256));
const square = (side: number) =>
  grey(
    Uint8Array.from({ length: SIDE * SIDE }, (_, pixel) =>
      pixel % SIDE < side && pixel / SIDE < side ? 255 : 0,
    ),
  );

async function put(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

/** Runs on `data`, or goes on; what it warned of. */
async function run(
  out: string,
  { resume = false, stopAt = null as RunEvent['type'] | null, data = out } = {},
): Promise<string[]> {
  const { registry, experiment } = await prepareExperiment({
    overrides: [
      {
        source: 'the test',
        document: {
          method: 'stfpm',
          dataset: { type: 'mvtec', root: at('data', data) },
          images: { size: SIDE },
          model: {
            teacher: { type: 'resnet18', weights: 'random', width: 4 },
            layers: ['layer1'],
            training: { epochs: 2 },
          },
          fit: { batchSize: 4 },
        },
      },
    ],
  });
  const warnings: string[] = [];
  const stop = new AbortController();
  await (resume ? resumeExperiment : runExperiment)({
    registry,
    experiment,
    engine: await useEngine('onnxruntime', { threads: 1 }),
    folder: at(out),
    signal: stop.signal,
    onProgress: (event) => {
      if (event.type === 'warning') warnings.push(event.message);
      if (event.type === stopAt) stop.abort(new Error('stopped'));
    },
  });
  return warnings;
}

const stopped = async (out: string, stopAt: RunEvent['type'] = 'epoch') => {
  await cp(at('data', 'whole'), at('data', out), { recursive: true });
  await expect(run(out, { stopAt })).rejects.toThrow('stopped');
};
const metricsOf = async (out: string) => JSON.parse(await readFile(at(out, 'metrics.json'), 'utf8'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-data-'));
  const root = at('data', 'whole');
  for (let index = 0; index < 8; index++)
    await put(join(root, `train/good/${index}.png`), await noise(index));
  for (let index = 0; index < 2; index++) {
    await put(join(root, `test/good/${index}.png`), await noise(10 + index));
    await put(join(root, `test/hole/${index}.png`), await noise(20 + index));
    await put(join(root, `ground_truth/hole/${index}_mask.png`), await square(8));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run that was interrupted', () => {
  it('goes on where its data is as it was', async () => {
    await stopped('same');
    const record = await readDataRecord(at('same', 'data.json'));
    expect(record?.train.map(({ id }) => id)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `train/good/${n}.png`),
    );
    expect(record?.test.map(({ mask }) => mask === null)).toEqual([true, true, false, false]);
    expect(await run('same', { resume: true })).toEqual([]);
    expect(await readDataRecord(at('same', 'data.json'))).toEqual(record);
    expect((await metricsOf('same')).metrics.notes).toEqual([]);
  });

  it('does not go on with other images, and names them', async () => {
    await stopped('other');
    const data = at('data', 'other');
    const record = await readFile(at('other', 'data.json'), 'utf8');
    await put(join(data, 'train/good/8.png'), await noise(8));
    await rm(join(data, 'train/good/3.png'));
    await put(join(data, 'test/hole/1.png'), await noise(30));
    const refused = run('other', { resume: true });
    await expect(refused).rejects.toMatchObject({ name: 'ConfigurationError' });
    await expect(refused).rejects.toThrow(
      `Since ${at('other')} was begun, 1 training image was added (train/good/8.png) and 1 training image was removed (train/good/3.png) and 1 test image was changed (test/hole/1.png). It goes on only with`,
    );
    expect(await readFile(at('other', 'data.json'), 'utf8')).toBe(record);
    expect(existsSync(at('other', 'checkpoint'))).toBe(true);

    await rm(join(data, 'train/good/8.png'));
    for (const path of ['train/good/3.png', 'test/hole/1.png'])
      await copyFile(at('data', 'whole', path), join(data, path));
    expect(await run('other', { resume: true })).toEqual([]);
    expect(existsSync(at('other', 'metrics.json'))).toBe(true);
  });

  it('goes on with other masks, says so, and measures with these', async () => {
    await stopped('masks');
    await put(at('data', 'masks', 'ground_truth/hole/0_mask.png'), await square(30));
    await rm(at('data', 'masks', 'ground_truth/hole/1_mask.png'));
    expect(await run('masks', { resume: true })).toEqual([
      `Masks were changed since ${at('masks')} was begun (test/hole/0.png, test/hole/1.png): nothing was computed from them so far, and they are used as they are now.`,
    ]);
    const record = await readDataRecord(at('masks', 'data.json'));
    expect(record?.test.at(-1)).toMatchObject({ id: 'test/hole/1.png', mask: null });
  });

  it('goes on without a record of its data, as an earlier version left it, and says so', async () => {
    await stopped('old');
    await rm(at('old', 'data.json'));
    expect(await run('old', { resume: true })).toEqual([
      expect.stringMatching(/^An earlier version of adfw began .*old and kept no record of its images/),
    ]);
    expect(await readDataRecord(at('old', 'data.json'))).not.toBeNull();
  });

  it('leaves nothing where it was stopped before all images were read', async () => {
    await stopped('early', 'images');
    expect(existsSync(at('early'))).toBe(false);
  });
});

it('tells the files that an experiment names beside its dataset', async () => {
  const weights = at('weights.safetensors');
  await writeFile(weights, 'abc');
  const filesOf = async (teacher: Record<string, unknown>) => {
    const dataset = { type: 'mvtec', root: at('data', 'whole') };
    const document = { method: 'stfpm', model: { teacher }, dataset };
    const { registry, experiment } = await prepareExperiment({
      overrides: [{ source: 'the test', document }],
    });
    return optionFiles(experiment, registry);
  };
  expect(await filesOf({ weights })).toEqual({
    // printf abc | sha256sum
    [weights]: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  expect(await filesOf({ weights: 'imagenet' })).toEqual({});
});

it('does not go on with another file than it was begun with', async () => {
  const paths = { folder: at('files'), data: at('files.json'), checkpoint: at('none') };
  const data = (checksum: string) => ({ train: [], test: [], files: { 'weights.pth': checksum } });
  for (const checksum of ['1', '1']) expect(await keepDataRecord(paths, data(checksum))).toEqual([]);
  await expect(keepDataRecord(paths, data('2'))).rejects.toThrow(
    '1 file was changed (weights.pth). It goes on',
  );
  expect(await readDataRecord(paths.data)).toEqual(data('1'));
});

it('names a record that is damaged, or of another version', async () => {
  const path = at('damaged.json');
  await writeFile(path, '{"format": "adfw-da');
  await expect(readDataRecord(path)).rejects.toThrow(/damaged\.json, which says .* is damaged: /);
  await writeFile(path, '{"format": "adfw-data", "version": 9}');
  await expect(readDataRecord(path)).rejects.toThrow(
    'its format is adfw-data 9, and adfw-data 1 was expected',
  );
});

it('a run warns of an image that is there twice, and notes it', async () => {
  const data = at('data', 'twice');
  await cp(at('data', 'whole'), data, { recursive: true });
  await copyFile(join(data, 'train/good/0.png'), join(data, 'test/good/1.png'));
  const warnings = await run('twice');
  expect(warnings).toEqual([
    expect.stringMatching(
      /^1 test image is a training image as well \(train\/good\/0\.png = test\/good\/1\.png\)/,
    ),
  ]);
  expect((await metricsOf('twice')).metrics.notes).toEqual(warnings);
});
