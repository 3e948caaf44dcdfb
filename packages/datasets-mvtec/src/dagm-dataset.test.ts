import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dagmDataset } from './dagm-dataset.js';
import { image, LEFT, left, NOTHING, open, RIGHT, right, tree } from './tree.test.fixture.js';

const files = {
  'Class1/Train/0001.PNG': image(1),
  'Class1/Train/0002.PNG': image(2),
  'Class1/Train/Label/0002_label.PNG': left,
  'Class1/Train/Label/Labels.txt': 'a list',
  'Class1/Test/0001.PNG': image(3),
  'Class1/Test/0002.PNG': image(4),
  'Class1/Test/Label/0002_label.PNG': right,
  'Class10/Train/0001.PNG': image(5),
  'Class10/Test/0001.PNG': image(6),
};

it('is defective where there is a mask, and leaves such training images out', async () => {
  const root = await tree(files);
  const { lines, messages } = await open(dagmDataset, { root, category: 'Class1' });
  const test = [`test Test/0001.PNG 3 good ${NOTHING}`, `test Test/0002.PNG 4 defective ${RIGHT}`];
  expect(lines).toEqual(['train Train/0001.PNG 1', ...test]);
  expect(messages).toEqual([
    'Defective images among the training images, which are nominal ones alone, are left out: 1 of 2, the first is Train/0002.PNG.',
  ]);
  const alone = await open(dagmDataset, { root: join(root, 'Class1'), trainDefective: 'test' });
  expect(alone.lines).toEqual(['train Train/0001.PNG 1', `test Train/0002.PNG 2 defective ${LEFT}`, ...test]);
});

it('names its classes, in natural order', async () => {
  const root = await tree({ ...files, 'Class2/Train/1.PNG': image(7), 'Class2/Test/1.PNG': image(8) });
  expect(await dagmDataset.categories?.({ root })).toEqual(['Class1', 'Class2', 'Class10']);
  await expect(open(dagmDataset, { root, category: 'Class3' })).rejects.toThrow(
    /no category "Class3" .* there are Class1, Class2, Class10/,
  );
});

it('names a mask without an image, and folders that are missing', async () => {
  const root = await tree(files);
  await rm(join(root, 'Class1/Test/0002.PNG'));
  await expect(open(dagmDataset, { root, category: 'Class1' })).rejects.toThrow(
    /Test\/Label\/0002_label\.PNG is the mask of an image that is not there/,
  );
  await expect(open(dagmDataset, { root: await tree({ 'Train/1.png': image(1) }) })).rejects.toThrow(
    /holds no class, a folder with Train and Test: it holds Train\//,
  );
});
