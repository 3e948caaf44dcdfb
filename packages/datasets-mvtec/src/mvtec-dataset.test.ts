import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationError, DataError, type Sample } from '@adfw/core';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMvtecDataset, type MvtecOptions, mvtecCategories } from './mvtec-dataset.js';

const tiles = new URL('../../../../shared/data/magnetic-tile', import.meta.url).pathname;
const context = { seed: 0, layers: [] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-mvtec-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (options: Partial<MvtecOptions> = {}) =>
  createMvtecDataset(
    { root: folder, category: null, imageSize: 32, skipBadImages: false, ...options },
    context,
  );

async function write(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}

const image = (width = 40, height = 50) =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();

/** A mask whose left half is defective, with the value 1 of 255. */
const mask = (width = 40, height = 50) =>
  sharp(
    Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? 1 : 0)),
    { raw: { width, height, channels: 1 } },
  )
    .png()
    .toBuffer();

async function writeCategory(below = ''): Promise<void> {
  for (const name of [
    'train/good/10.png',
    'train/good/9.png',
    'test/good/0.png',
    'test/crack/0.png',
    'test/crack/1.png',
  ])
    await write(join(below, name), await image());
  await write(join(below, 'ground_truth/crack/0_mask.png'), await mask());
  await write(join(below, 'ground_truth/crack/1.png'), await mask());
}

const ids = (samples: readonly Sample[]) => samples.map(({ id }) => id);

describe('mvtecCategories', () => {
  it('names the categories of a folder, passes over what is none, and gives null for one that is a category', async () => {
    for (const category of ['tile', 'screw2', 'screw10']) await writeCategory(category);
    await write('notes/readme.txt', 'no category');
    expect(await mvtecCategories(folder)).toEqual(['screw2', 'screw10', 'tile']);
    expect(await mvtecCategories(join(folder, 'tile'))).toBeNull();
    await expect(mvtecCategories(join(folder, 'notes'))).rejects.toThrow(/neither a category/);
  });
});

describe('a category', () => {
  it('tells the checksums of its files', async () => {
    await writeCategory();
    // printf abc | sha256sum
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    await write('train/good/9.png', 'abc');
    await write('test/crack/0.png', 'abc');
    await write('ground_truth/crack/1.png', 'abc');
    const dataset = await open();
    const [nine, ten] = dataset.train as [Sample, Sample];
    const [masked, other] = dataset.test as [Sample, Sample];
    expect(await dataset.checksums?.(nine)).toEqual({ image: abc, mask: null });
    expect((await dataset.checksums?.(ten))?.image).not.toBe(abc);
    expect(await dataset.checksums?.(masked)).toEqual({
      image: abc,
      mask: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await dataset.checksums?.(other))?.mask).toBe(abc);
    await rm(join(folder, 'train/good/10.png'));
    await expect(dataset.checksums?.(ten)).rejects.toThrow(
      /10\.png cannot be read as an image: there is no such/,
    );
  });

  it('has training samples and labelled test samples in natural order', async () => {
    await writeCategory();
    const dataset = await open();
    expect(dataset).toMatchObject({ category: null, imageSize: { height: 32, width: 32 }, skipped: 0 });
    expect(dataset.train).toEqual([
      { id: 'train/good/9.png', label: 0, defect: 'good' },
      { id: 'train/good/10.png', label: 0, defect: 'good' },
    ]);
    expect(dataset.test).toEqual([
      { id: 'test/crack/0.png', label: 1, defect: 'crack' },
      { id: 'test/crack/1.png', label: 1, defect: 'crack' },
      { id: 'test/good/0.png', label: 0, defect: 'good' },
    ]);
  });

  it('finds masks by either name, and gives zeros for nominal images', async () => {
    await writeCategory();
    const dataset = await open();
    const [first, second, good] = dataset.test as [Sample, Sample, Sample];
    const leftHalf = Array.from({ length: 32 * 32 }, (_, i) => (i % 32 < 16 ? 1 : 0));
    for (const sample of [first, second])
      expect([...((await dataset.mask(sample))?.data ?? [])]).toEqual(leftHalf);
    expect(await dataset.mask(good)).toEqual({ height: 32, width: 32, data: new Uint8Array(32 * 32) });
  });

  it('needs no masks and no test images', async () => {
    await writeCategory();
    await rm(join(folder, 'ground_truth'), { recursive: true });
    const dataset = await open();
    expect(await dataset.mask(dataset.test[0] as Sample)).toBeNull();
    await rm(join(folder, 'test'), { recursive: true });
    expect((await open()).test).toEqual([]);
  });

  it('tells how many masks are missing where some are there', async () => {
    await writeCategory();
    await rm(join(folder, 'ground_truth/crack/1.png'));
    const reports: string[] = [];
    const options = { root: folder, category: null, imageSize: 32, skipBadImages: false };
    await createMvtecDataset(options, { ...context, report: (message) => reports.push(message) });
    expect(reports).toEqual([
      expect.stringMatching(/^1 of the 2 defective test images have no mask.*crack\/1\.png/),
    ]);
  });

  it('may be made of links', async () => {
    await writeCategory('real');
    await symlink(join(folder, 'real/train'), join(folder, 'train'));
    expect(ids((await open()).train)).toEqual(['train/good/9.png', 'train/good/10.png']);
  });

  it('refuses a mask of another size, naming both', async () => {
    await writeCategory();
    await write('ground_truth/crack/0_mask.png', await mask(41));
    const dataset = await open();
    const error: unknown = await dataset.mask(dataset.test[0] as Sample).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(/0_mask\.png is 41x50 .*test\/crack\/0\.png is 40x50/);
  });
});

describe('a folder of categories', () => {
  beforeEach(async () => {
    await writeCategory('screw');
    await writeCategory('metal_nut');
  });

  it('opens the category asked for', async () => {
    const dataset = await open({ category: 'screw' });
    expect(dataset.category).toBe('screw');
    expect(dataset.train).toHaveLength(2);
    // The id does not depend on where the dataset lies.
    expect(ids(dataset.train)).toEqual(ids((await open({ root: join(folder, 'screw') })).train));
  });

  it('lists the categories when none is chosen, and the nearest to a typo', async () => {
    await expect(open()).rejects.toThrow(/holds categories; choose with --category: metal_nut, screw\./);
    await expect(open({ category: 'scerw' })).rejects.toThrow(
      /no category "scerw".*metal_nut, screw\. Did you mean "screw"/,
    );
    await expect(open({ root: join(folder, 'screw'), category: 'bottle' })).rejects.toThrow(
      /one category itself/,
    );
    await expect(open()).rejects.toBeInstanceOf(ConfigurationError);
  });
});

describe('a folder that is laid out otherwise', () => {
  it('is refused with what was found instead', async () => {
    await expect(open()).rejects.toThrow(/neither a category.*nor a folder of categories: it is empty/);
    await expect(open({ root: join(folder, 'nowhere') })).rejects.toThrow(/nowhere does not exist/);
    await write('notes.txt', 'text');
    await expect(open({ root: join(folder, 'notes.txt') })).rejects.toThrow(
      /notes\.txt is a file; a folder is needed/,
    );
    await expect(open()).rejects.toThrow(/nor a folder of categories: it holds notes\.txt/);
    await write('train/ok/1.png', await image());
    await expect(open()).rejects.toThrow(/train has no folder good.*it holds ok\//);
    await rm(join(folder, 'train/ok'), { recursive: true });
    await write('train/good/readme.txt', '');
    await expect(open()).rejects.toThrow(/no image to train on in .*good: it holds readme\.txt/);
    await expect(open()).rejects.toBeInstanceOf(ConfigurationError);
  });

  it('is refused when it trains on anything but nominal images, or tests with unlabelled ones', async () => {
    await writeCategory();
    await write('test/0.png', await image());
    await expect(open()).rejects.toThrow(
      /test\/0\.png is neither in test\/good nor in test\/<kind of defect>/,
    );
    await write('train/crack/0.png', await image());
    await expect(open()).rejects.toThrow(/train\/crack\/0\.png/);
  });
});

describe('bad images', () => {
  it('are errors that name them when they are read', async () => {
    await writeCategory();
    await write('train/good/10.png', 'not an image');
    const dataset = await open();
    expect(dataset.train).toHaveLength(2);
    await expect(dataset.image(dataset.train[1] as Sample)).rejects.toThrow(
      /train\/good\/10\.png cannot be read/,
    );
  });

  it('are left out and counted on demand, those with bad masks too', async () => {
    await writeCategory();
    const bytes = await image();
    await write('train/good/10.png', bytes.subarray(0, bytes.length / 2));
    await write('ground_truth/crack/1.png', await mask(7));
    const reports: string[] = [];
    const options = { root: folder, category: null, imageSize: 32, skipBadImages: true };
    const dataset = await createMvtecDataset(options, {
      ...context,
      report: (message) => reports.push(message),
    });
    expect(dataset.skipped).toBe(2);
    expect(ids(dataset.train)).toEqual(['train/good/9.png']);
    expect(ids(dataset.test)).toEqual(['test/crack/0.png', 'test/good/0.png']);
    expect(reports).toEqual([
      expect.stringMatching(/^Left out: .*train\/good\/10\.png .*damaged/),
      expect.stringMatching(/^Left out: .*crack\/1\.png is 7x50/),
    ]);
  });

  it('leave nothing to train on', async () => {
    await writeCategory();
    for (const name of ['9', '10']) await write(`train/good/${name}.png`, '');
    const error: unknown = await open({ skipBadImages: true }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(/None of the 2 training images.*9\.png.*it is empty/);
  });
});

describe.skipIf(!existsSync(tiles))(
  'the magnetic tiles (beside the checkout, skipped where they are missing)',
  () => {
    it('have 160 images to train on, 50 nominal and 90 defective ones to test with, all masked', async () => {
      const dataset = await open({ root: tiles, imageSize: 64 });
      expect(dataset.train).toHaveLength(160);
      expect(dataset.test.filter(({ label }) => label === 0)).toHaveLength(50);
      expect(dataset.test.filter(({ label }) => label === 1)).toHaveLength(90);
      const kinds = new Set(dataset.test.map(({ defect }) => defect));
      expect([...kinds]).toEqual(['blowhole', 'break', 'crack', 'fray', 'good', 'uneven']);
      let defective = 0;
      for (const sample of dataset.test) {
        const { data } = (await dataset.mask(sample)) as { data: Uint8Array };
        expect(data.every((value) => value === 0 || value === 1)).toBe(true);
        if (data.includes(1)) {
          expect(sample.label).toBe(1);
          defective++;
        }
      }
      // The smallest blowholes fall between the pixels that are kept at this size.
      expect(defective).toBeGreaterThan(75);
    });
  },
);
