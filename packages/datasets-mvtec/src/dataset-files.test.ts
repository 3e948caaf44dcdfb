import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderDataset } from './folder-dataset.js';
import { mvtecDataset } from './mvtec-dataset.js';
import { tableDataset } from './table-dataset.js';
import { image, left, nothing, open, tree } from './tree.test.fixture.js';

const grey = image(90);

it('says which files a sample is of, masks of good ones included, and which masks are of none', async () => {
  const root = await tree({
    'train/good/0.png': grey,
    'test/good/0.png': grey,
    'test/good/1.png': grey,
    'test/hole/0.png': grey,
    'test/hole/1.png': grey,
    'ground_truth/good/1_mask.png': left,
    'ground_truth/hole/0_mask.png': left,
    'ground_truth/hole/7_mask.png': left,
  });
  const { dataset } = await open(mvtecDataset, { root });
  const filesOf = [...dataset.train, ...dataset.test].map((sample) => dataset.files?.(sample));
  const at = (...names: string[]) => names.map((name) => join(root, name));
  expect(filesOf.map((files) => [files?.image, ...(files?.masks ?? [])])).toEqual([
    at('train/good/0.png'),
    at('test/good/0.png'),
    at('test/good/1.png', 'ground_truth/good/1_mask.png'),
    at('test/hole/0.png', 'ground_truth/hole/0_mask.png'),
    at('test/hole/1.png'),
  ]);
  expect(dataset.strayMasks).toEqual(at('ground_truth/hole/7_mask.png'));
  // Nothing else changes for them.
  const good = dataset.test.find(({ id }) => id === 'test/good/1.png');
  expect(good && (await dataset.checksums?.(good))?.mask).toBeNull();
});

it('says the same of folders and tables', async () => {
  const root = await tree({
    'train/0.png': grey,
    'bad/0.png': grey,
    'masks/0.png': left,
    'masks/9.png': left,
    'list.csv': 'image,label,split,mask\ntrain/0.png,good,train,\nbad/0.png,good,test,masks/9.png\n',
    'empty.png': nothing,
  });
  const folders = { train: 'train', testDefective: 'bad', masks: 'masks' };
  const options = Object.fromEntries(
    Object.entries(folders).map(([option, name]) => [option, join(root, name)]),
  );
  const { dataset } = await open(folderDataset, options);
  expect(dataset.strayMasks).toEqual([join(root, 'masks/9.png')]);
  const { dataset: listed } = await open(tableDataset, { file: join(root, 'list.csv') });
  expect(listed.test.map((sample) => listed.files?.(sample).masks)).toEqual([[join(root, 'masks/9.png')]]);
});
