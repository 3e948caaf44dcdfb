import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kolektorSdd2Dataset, kolektorSddDataset } from './kolektor-datasets.js';
import { image, LEFT, left, NOTHING, nothing, open, RIGHT, right, tree } from './tree.test.fixture.js';

const dropped = (count: string, first: string) =>
  `Defective images among the training images, which are nominal ones alone, are left out: ${count}, the first is ${first}.`;

describe('kolektor-sdd', () => {
  const items = {
    'kos01/Part0.jpg': image(1),
    'kos01/Part0_label.bmp': nothing,
    'kos01/Part1.jpg': image(2),
    'kos01/Part1_label.bmp': left,
    'kos10/Part0.jpg': image(3),
    'kos10/Part0_label.bmp': nothing,
    'kos10/Part1.jpg': image(4),
    'kos10/Part1_label.bmp': right,
    'kos10/notes.txt': 'a note',
    'masks/readme.txt': 'another',
  };

  it('takes labels from masks, and items for training and testing', async () => {
    const root = await tree(items);
    const { lines, messages, dataset } = await open(kolektorSddDataset, { root, trainItems: 1 });
    expect(lines).toEqual([
      'train kos01/Part0.jpg 1',
      `test kos10/Part0.jpg 3 good ${NOTHING}`,
      `test kos10/Part1.jpg 4 defective ${RIGHT}`,
    ]);
    expect(messages).toEqual([
      `Not read, since only kos01 and so on are: "masks" in ${root}.`,
      'Looking at 4 masks, which say what is defective.',
      dropped('1 of 2', 'kos01/Part1.jpg'),
      'Left out: a file that is no image, kos10/notes.txt.',
    ]);
    expect(dataset.train[0]).toMatchObject({ group: 'kos01', view: 'Part0' });
  });

  it('tests with defective images of the others on demand', async () => {
    const root = await tree(items);
    const { lines } = await open(kolektorSddDataset, { root, trainItems: 1, trainDefective: 'test' });
    expect(lines[1]).toBe(`test kos01/Part1.jpg 2 defective ${LEFT}`);
    expect(lines).toHaveLength(4);
  });

  it.each([
    [{ trainItems: 35 }, 'kos01/none', /has 2 items, and 35 are to be trained on.*Lower trainItems/],
    [{ trainItems: 1 }, 'kos01/Part1_label.bmp', /Part1\.jpg has no mask Part1_label beside it/],
    [
      { trainItems: 1 },
      'kos10/Part0.jpg',
      /Part0_label\.bmp is the mask of an image that is not there, Part0/,
    ],
  ])('says what is wrong: %j without %s', async (options, without, message) => {
    const root = await tree(items);
    await rm(join(root, without), { force: true });
    await expect(open(kolektorSddDataset, { root, ...options })).rejects.toThrow(message);
  });
});

describe('kolektor-sdd2', () => {
  const files = {
    'train/10000.png': image(1),
    'train/10000_GT.png': nothing,
    'train/10001.png': image(2),
    'train/10001_GT.png': left,
    'test/20000.png': image(3),
    'test/20000_GT.png': nothing,
    'test/20001.png': image(4),
    'test/20001_GT.png': right,
  };

  it('takes labels from masks; defective training images are left out and counted', async () => {
    const root = await tree(files);
    const { lines, messages } = await open(kolektorSdd2Dataset, { root });
    expect(lines).toEqual([
      'train train/10000.png 1',
      `test test/20000.png 3 good ${NOTHING}`,
      `test test/20001.png 4 defective ${RIGHT}`,
    ]);
    expect(messages.at(-1)).toBe(dropped('1 of 2', 'train/10001.png'));
  });

  it('names a mask that cannot be read, or leaves out and counts it', async () => {
    const root = await tree({ ...files, 'test/20001_GT.png': 'no image' });
    await expect(open(kolektorSdd2Dataset, { root })).rejects.toThrow(/20001_GT\.png/);
    const { dataset, messages } = await open(kolektorSdd2Dataset, { root, skipBadImages: true });
    expect(dataset.skipped).toBe(1);
    expect(dataset.test.map(({ id }) => id)).toEqual(['test/20000.png']);
    expect(messages.at(-1)).toMatch(/^Left out: .*20001_GT\.png/);
  });

  it('says what is there where its folders are not', async () => {
    const root = await tree({ 'train/1.png': image(1) });
    await expect(open(kolektorSdd2Dataset, { root })).rejects.toThrow(/has no folder test: it holds train\//);
  });
});
