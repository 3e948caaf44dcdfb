import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationError, DataError, type Sample } from '@adfw/core';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFolderDataset, type FolderOptions } from './folder-dataset.js';

const size = { height: 32, width: 32 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-folder-'));
  await writeImages('ok/b/2.png', 'ok/1.png', 'checked/3.png');
  await writeImages('bad/crack/4.png', 'bad/dent/5.png', 'bad/dent/deep/4.png', 'bad/6.png');
});
afterEach(() => rm(folder, { recursive: true }));

async function writeImages(...paths: string[]): Promise<void> {
  const bytes = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

const open = (options: Partial<Record<'train' | 'testNominal' | 'testDefective' | 'masks', string>> = {}) => {
  const at = (name: string | undefined) => (name === undefined ? null : join(folder, name));
  const { train = 'ok', testNominal, testDefective, masks } = options;
  const resolved: FolderOptions = {
    train: join(folder, train),
    testNominal: at(testNominal),
    testDefective: at(testDefective),
    masks: at(masks),
    skipBadImages: false,
  };
  return createFolderDataset(resolved, { seed: 0 });
};

it('needs only images to train on', async () => {
  const dataset = await open();
  expect(dataset.name).toBe('ok');
  expect(dataset.train).toEqual([
    { id: 'train/1.png', label: 0, defect: 'good' },
    { id: 'train/b/2.png', label: 0, defect: 'good' },
  ]);
  expect(dataset.test).toEqual([]);
  expect((await dataset.image(dataset.train[0] as Sample, size)).data).toEqual(
    new Uint8Array(32 * 32 * 3).fill(255),
  );
});

it('reads an image again as it was read first, and names it where it is gone', async () => {
  const dataset = await open();
  const [first, second] = dataset.train as [Sample, Sample];
  for (const sample of [first, second]) {
    const image = await dataset.image(sample, size);
    expect(await dataset.image(sample, size)).toEqual(image);
  }
  await rm(join(folder, 'ok/1.png'));
  await expect(dataset.image(first, size)).rejects.toThrow(DataError);
  await expect(dataset.image(first, size)).rejects.toThrow(join(folder, 'ok/1.png'));
});

it('labels test images, and takes folders as the kinds of defect', async () => {
  const dataset = await open({ testNominal: 'checked', testDefective: 'bad' });
  expect(dataset.test).toEqual([
    { id: 'testNominal/3.png', label: 0, defect: 'good' },
    { id: 'testDefective/6.png', label: 1, defect: 'defective' },
    { id: 'testDefective/crack/4.png', label: 1, defect: 'crack' },
    { id: 'testDefective/dent/5.png', label: 1, defect: 'dent' },
    { id: 'testDefective/dent/deep/4.png', label: 1, defect: 'dent' },
  ]);
  expect(await dataset.mask(dataset.test[1] as Sample, size)).toBeNull();
});

it('finds masks by path, and by name alone only where the name is unique', async () => {
  // Two images are called 4: a mask 4.png that lies in no folder would belong to either.
  await writeImages('masks/crack/4_mask.png', 'masks/5.tif', 'masks/4.png');
  const dataset = await open({ testDefective: 'bad', masks: 'masks' });
  const masked = await Promise.all(
    dataset.test.map(async (sample) => [sample.id, (await dataset.mask(sample, size)) !== null]),
  );
  expect(masked).toEqual([
    ['testDefective/6.png', false],
    ['testDefective/crack/4.png', true],
    ['testDefective/dent/5.png', true],
    ['testDefective/dent/deep/4.png', false],
  ]);
});

it('takes masks that lie beside their images, and for no image', async () => {
  await writeImages('bad/crack/4_mask.png', 'checked/3_mask.png');
  const dataset = await open({ testNominal: 'checked', testDefective: 'bad' });
  expect(dataset.test).toHaveLength(5);
  expect(await dataset.mask(dataset.test[2] as Sample, size)).not.toBeNull();
});

it('counts what is no image by the option of its folder', async () => {
  await writeFile(join(folder, 'ok/b/1.heic'), '');
  await writeFile(join(folder, 'bad/notes.txt'), '');
  expect((await open({ testDefective: 'bad' })).leftOut).toMatchObject({
    count: 2,
    files: ['train/b/1.heic', 'testDefective/notes.txt'],
  });
});

it.each<[string, Parameters<typeof open>[0], RegExp]>([
  ['a folder that is not there', { train: 'nowhere' }, /nowhere does not exist/],
  [
    'a folder without images',
    { testNominal: 'empty' },
    /no image in .*empty \(option testNominal\): it is empty/,
  ],
  [
    'training images that are tested with',
    { train: 'ok', testNominal: 'ok' },
    /1\.png is in the folder of train and in that of testNominal/,
  ],
  [
    'defective images among those to train on',
    { train: '.', testDefective: 'bad' },
    /6\.png is in the folder of train and in that of testDefective/,
  ],
  [
    'a folder of defective images among those to train on',
    { train: '.' },
    /\/bad lies in the folder of nominal images \(option train\)/,
  ],
  ['masks among the images', { testDefective: 'bad', masks: 'bad' }, /in that of masks/],
  ['masks without images', { masks: 'bad' }, /testDefective/],
  [
    'masks that belong to none',
    { testDefective: 'bad', masks: 'checked' },
    /that of 6\.png would be 6_mask\.png or 6\.png, but there is 3\.png/,
  ],
  [
    'masks in two places',
    { testDefective: 'both', masks: 'checked' },
    /9_mask\.png lies beside the image.*checked as well/,
  ],
  ['masks beside training images', { train: 'both' }, /9_mask\.png is called as the mask/],
  [
    'good images among the defective ones',
    { train: 'ok', testDefective: 'mixed' },
    /mixed\/Good.*testNominal/,
  ],
])('refuses %s', async (_, options, message) => {
  await mkdir(join(folder, 'empty'));
  await writeImages('mixed/Good/7.png', 'mixed/crack/8.png', 'both/9.png', 'both/9_mask.png');
  const error: unknown = await open(options).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as Error).message).toMatch(message);
});
