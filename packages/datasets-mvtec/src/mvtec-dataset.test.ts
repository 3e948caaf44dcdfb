import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationError, DataError, type Sample } from '@adfw/core';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TiffPicture, tiff } from '../../images/src/tiff.test.fixture.js';
import { createMvtecDataset, type MvtecOptions, mvtecCategories } from './mvtec-dataset.js';

const tiles = new URL('../../../../shared/data/magnetic-tile', import.meta.url).pathname;
const context = { seed: 0 };
const size = { height: 32, width: 32 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-mvtec-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (options: Partial<MvtecOptions> = {}) =>
  createMvtecDataset({ root: folder, category: null, skipBadImages: false, ...options }, context);

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

/** What opening the dataset says. */
async function reportsOf(): Promise<string[]> {
  const reports: string[] = [];
  await createMvtecDataset(
    { root: folder, category: null, skipBadImages: false },
    { ...context, report: (message) => reports.push(message) },
  );
  return reports;
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
    expect(dataset).toMatchObject({ category: null, skipped: 0 });
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
      expect([...((await dataset.mask(sample, size))?.data ?? [])]).toEqual(leftHalf);
    expect(await dataset.mask(good, size)).toEqual({ height: 32, width: 32, data: new Uint8Array(32 * 32) });
  });

  it('needs no masks and no test images', async () => {
    await writeCategory();
    await rm(join(folder, 'ground_truth'), { recursive: true });
    const dataset = await open();
    expect(await dataset.mask(dataset.test[0] as Sample, size)).toBeNull();
    await rm(join(folder, 'test'), { recursive: true });
    expect((await open()).test).toEqual([]);
  });

  it('gives images and masks of any size that is asked for', async () => {
    await writeCategory();
    const dataset = await open();
    const cracked = dataset.test.find(({ label }) => label === 1) as Sample;
    for (const [height, width] of [
      [20, 36],
      [64, 48],
    ] as const) {
      const asked = await dataset.image(cracked, { height, width });
      expect([asked.height, asked.width, asked.data.length]).toEqual([height, width, 3 * height * width]);
      const marked = await dataset.mask(cracked, { height, width });
      expect([marked?.height, marked?.width]).toEqual([height, width]);
      expect(marked?.data.filter((value) => value === 1)).toHaveLength((height * width) / 2);
    }
  });

  it('tells how many masks are missing where some are there', async () => {
    await writeCategory();
    await rm(join(folder, 'ground_truth/crack/1.png'));
    expect(await reportsOf()).toEqual([
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
    const error: unknown = await dataset
      .mask(dataset.test[0] as Sample, size)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(/0_mask\.png is 41x50 .*test\/crack\/0\.png is 40x50/);
  });
});

describe('how images are read', () => {
  const shade = (samples: readonly number[]): TiffPicture => ({
    width: 2,
    height: 1,
    channels: 1,
    samples: Uint16Array.from(samples),
    photometric: 1,
  });

  it('is the page and the levels of the options, for masks too', async () => {
    await write('train/good/0.tif', tiff(shade([1, 2]), shade([1020, 0])));
    await write('test/crack/0.tif', tiff(shade([1, 2]), shade([0, 1020])));
    await write('test/crack/1.tif', tiff(shade([1, 2]), shade([0, 1020])));
    await write('ground_truth/crack/0_mask.tif', tiff(shade([9, 0]), shade([0, 9])));
    // One mask for all pages.
    await write('ground_truth/crack/1_mask.tif', tiff(shade([9, 0])));
    const dataset = await open({ page: 1, levels: [0, 1020] });
    expect(dataset.reading).toEqual({ page: 1, levels: [0, 1020] });
    const { data } = await dataset.image(dataset.train[0] as Sample, size);
    expect([...data.slice(0, 3), ...data.slice(93, 96)]).toEqual([255, 255, 255, 0, 0, 0]);
    const row = async (index: number) =>
      [...((await dataset.mask(dataset.test[index] as Sample, size))?.data.slice(0, 32) ?? [])].join('');
    expect(await row(0)).toBe('0'.repeat(16) + '1'.repeat(16));
    expect(await row(1)).toBe('1'.repeat(16) + '0'.repeat(16));
  });

  it('takes files of one page and the whole range of their samples by default', async () => {
    await write('train/good/0.tif', tiff(shade([65535, 0])));
    await write('train/good/1.tif', tiff(shade([1, 2]), shade([1020, 0])));
    const dataset = await open();
    expect(dataset.reading).toEqual({ page: null, levels: null });
    const { data } = await dataset.image(dataset.train[0] as Sample, size);
    expect([data[0], data[95]]).toEqual([255, 0]);
    await expect(dataset.image(dataset.train[1] as Sample, size)).rejects.toThrow(
      /train\/good\/1\.tif .*has 2 pages.*--set dataset\.page=0/,
    );
    const sound = await open({ skipBadImages: true });
    expect(ids(sound.train)).toEqual(['train/good/0.tif']);
  });

  it('refuses levels that are not in order', async () => {
    await write('train/good/0.tif', tiff(shade([65535, 0])));
    await expect(open({ levels: [1023, 0] })).rejects.toThrow(ConfigurationError);
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
    await write('train/parts/1.png', await image());
    await expect(open()).rejects.toThrow(/train has no folder good.*it holds parts\/\.$/);
    await rm(join(folder, 'train/parts'), { recursive: true });
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

describe('a category whose folders are called otherwise', () => {
  it('is read where the names can mean nothing else, and keeps its paths', async () => {
    for (const name of ['Train/OK/0.png', 'Test/OK /0.png', 'Test/NG/0.PNG'])
      await write(name, await image());
    await write('Ground Truth/ng/0_MASK.PNG', await mask());
    const dataset = await open();
    expect(dataset.train).toEqual([{ id: 'Train/OK/0.png', label: 0, defect: 'good' }]);
    expect(dataset.test).toEqual([
      { id: 'Test/NG/0.PNG', label: 1, defect: 'NG' },
      { id: 'Test/OK /0.png', label: 0, defect: 'good' },
    ]);
    expect((await dataset.mask(dataset.test[0] as Sample, size))?.data).toContain(1);
  });

  it('is refused where it is doubtful what is nominal', async () => {
    await writeCategory();
    await write('test/Good/1.png', await image());
    await expect(open()).rejects.toThrow(/not certain which.*test: there are "Good", "good"/);
    await rm(join(folder, 'test/Good'), { recursive: true });
    await write('test/good_parts/1.png', await image());
    await expect(open()).rejects.toThrow(/test\/good_parts are nominal/);
  });

  it('says that all test images count as defective, and which folders are not read', async () => {
    await writeCategory();
    await rm(join(folder, 'test/good'), { recursive: true });
    await write('validation/good/0.png', await image());
    expect(await reportsOf()).toEqual([
      expect.stringMatching(/^Not read, since only train, test and ground_truth are: "validation" in/),
      expect.stringMatching(/so all test images \(2\) count as defective: "crack"\. .* called good\.$/),
    ]);
  });
});

describe('files that are no images', () => {
  it('are counted and named', async () => {
    await writeCategory();
    await write('train/good/1.heic', '');
    await write('test/crack/0.json', '{}');
    await write('ground_truth/crack/0.xcf', '');
    expect((await open()).leftOut).toEqual({
      count: 3,
      kinds: { '.heic': 1, '.json': 1, '.xcf': 1 },
      files: ['train/good/1.heic', 'test/crack/0.json', 'ground_truth/crack/0.xcf'],
    });
    expect(await reportsOf()).toEqual([
      'Left out: 3 files that are no images (1 .heic, 1 .json, 1 .xcf), the first is train/good/1.heic.',
    ]);
  });
});

describe('masks', () => {
  it('may lie beside their images, and are none themselves', async () => {
    await writeCategory();
    await rm(join(folder, 'ground_truth'), { recursive: true });
    await write('test/crack/0_mask.png', await mask());
    const dataset = await open();
    expect(ids(dataset.test)).toEqual(['test/crack/0.png', 'test/crack/1.png', 'test/good/0.png']);
    expect((await dataset.mask(dataset.test[0] as Sample, size))?.data).toContain(1);
    expect(await reportsOf()).toEqual([
      expect.stringMatching(
        /^Masks beside images are taken as theirs, not as images: 1, the first is .*0_mask\.png\.$/,
      ),
      expect.stringMatching(/^1 of the 2 defective test images have no mask/),
    ]);
  });

  it('are refused in two places, and beside what is learnt from', async () => {
    await writeCategory();
    await write('test/crack/0_mask.png', await mask());
    await expect(open()).rejects.toThrow(/0_mask\.png lies beside the image.*ground_truth as well/);
    await write('train/good/9_mask.png', await mask());
    await expect(open()).rejects.toThrow(/train\/good\/9_mask\.png is called as the mask/);
  });

  it('belong to an image by their names; that none does is said', async () => {
    await writeCategory();
    await rm(join(folder, 'ground_truth'), { recursive: true });
    await write('ground_truth/crack/mask0.png', await mask());
    expect(await reportsOf()).toContainEqual(
      'No mask belongs to an image: that of crack/0.png would be crack/0_mask.png or crack/0.png, but there is crack/mask0.png.',
    );
  });
});

describe('names with accents', () => {
  // `Größe`: each letter a character, and as macOS stores it.
  const composed = 'Gr\u00f6\u00dfe';
  const decomposed = 'Gro\u0308\u00dfe';

  it('find their category and mask however they are stored', async () => {
    await writeCategory(decomposed);
    await write(`${decomposed}/test/${decomposed}/0.png`, await image());
    await write(`${decomposed}/ground_truth/${composed}/0_mask.png`, await mask());
    const dataset = await open({ category: composed });
    const [sample] = dataset.test as [Sample];
    expect(sample).toEqual({ id: `test/${decomposed}/0.png`, label: 1, defect: composed });
    expect((await dataset.mask(sample, size))?.data).toContain(1);
    expect(ids((await open({ root: join(folder, decomposed), category: composed })).train)).toHaveLength(2);
  });
});

describe('a folder for the dataset "folder"', () => {
  it.each([
    ['plain images', ['0.png'], 'dataset.train=ROOT'],
    ['OK and NG', ['OK/0.png', 'NG/0.png'], 'dataset.train=ROOT/OK --set dataset.testDefective=ROOT/NG'],
    [
      'good and one other',
      ['good/0.png', 'scratch/0.png'],
      'dataset.train=ROOT/good --set dataset.testDefective=ROOT/scratch',
    ],
    [
      'images directly in train',
      ['train/0.png', 'test/good/0.png', 'test/bad/0.png'],
      'dataset.train=ROOT/train --set dataset.testNominal=ROOT/test/good --set dataset.testDefective=ROOT/test/bad',
    ],
  ])('is named with the flags to give: %s', async (_, paths, flags) => {
    for (const path of paths) await write(path, await image());
    await expect(open()).rejects.toThrow(
      `in place of --data give --set dataset.type=folder --set ${flags.replaceAll('ROOT', folder)}`,
    );
  });
});

describe('bad images', () => {
  it('are errors that name them when they are read', async () => {
    await writeCategory();
    await write('train/good/10.png', 'not an image');
    const dataset = await open();
    expect(dataset.train).toHaveLength(2);
    await expect(dataset.image(dataset.train[1] as Sample, size)).rejects.toThrow(
      /train\/good\/10\.png cannot be read/,
    );
  });

  it('are left out and counted on demand, those with bad masks too', async () => {
    await writeCategory();
    const bytes = await image();
    await write('train/good/10.png', bytes.subarray(0, bytes.length / 2));
    await write('ground_truth/crack/1.png', await mask(7));
    const reports: string[] = [];
    const options = { root: folder, category: null, skipBadImages: true };
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
      const dataset = await open({ root: tiles });
      expect(dataset.train).toHaveLength(160);
      expect(dataset.test.filter(({ label }) => label === 0)).toHaveLength(50);
      expect(dataset.test.filter(({ label }) => label === 1)).toHaveLength(90);
      const kinds = new Set(dataset.test.map(({ defect }) => defect));
      expect([...kinds]).toEqual(['blowhole', 'break', 'crack', 'fray', 'good', 'uneven']);
      let defective = 0;
      for (const sample of dataset.test) {
        const { data } = (await dataset.mask(sample, { height: 64, width: 64 })) as { data: Uint8Array };
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
