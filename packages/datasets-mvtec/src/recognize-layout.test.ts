import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeUnknownLayout, recognizeLayout } from './recognize-layout.js';
import { type Content, image, left, nothing, tree } from './tree.test.fixture.js';

const grey = image(100);
const category = { 'train/good/0.png': grey, 'test/good/0.png': grey, 'test/hole/0.png': grey };
const under = (folder: string, files: Readonly<Record<string, Content>>) =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
const table = 'image,label,split\na.png,good,train\n';

const layouts: Record<string, readonly Readonly<Record<string, Content>>[]> = {
  mvtec: [
    category,
    under('screw', category),
    { 'Training/OK/0.png': grey },
    { 'train/good_parts/0.png': grey },
  ],
  visa: [
    { 'split_csv/1cls.csv': 'object,split,label,image,mask\n', 'candle/Data/Images/Normal/0.png': grey },
    under('1cls/candle', category),
  ],
  btad: [under('BTech_Dataset_transformed/01', { 'train/ok/0.png': grey })],
  mpdd: [under('MPDD/tubes', category)],
  autovi: [under('tank', { ...category, 'ground_truth/hole/0/0.png': left })],
  'mvtec-loco': [
    under('box', { ...category, 'validation/good/0.png': grey, 'ground_truth/hole/0/0.png': left }),
    under('mvtec_loco_anomaly_detection/box', { ...category, 'validation/good/0.png': grey }),
  ],
  'mvtec-ad-2': [
    { 'train/good/0.png': grey, 'validation/good/0.png': grey, 'test_public/good/0.png': grey },
    under('mvtec_ad_2/can', { 'train/good/0.png': grey, 'test_public/good/0.png': grey }),
  ],
  'kolektor-sdd': [{ 'kos01/Part0.png': grey, 'kos01/Part0_label.png': nothing }],
  'kolektor-sdd2': [{ 'train/1.png': grey, 'train/1_GT.png': nothing, 'test/2.png': grey }],
  dagm: [
    { 'Train/1.png': grey, 'Train/Label/1_label.png': left, 'Test/2.png': grey },
    { 'Class1/Train/Label/1_label.png': left, 'Class1/Test/2.png': grey },
  ],
  'real-iad': [{ 'realiad_jsons/realiad_jsons/nut.json': '{}', 'realiad_1024/nut/OK/0.png': grey }],
};

describe('recognizeLayout', () => {
  it.each(Object.entries(layouts).flatMap(([name, trees]) => trees.map((files) => [name, files] as const)))(
    'knows %s',
    async (dataset, files) => {
      const root = await tree(files);
      expect(await recognizeLayout(root)).toEqual({ dataset, options: { root } });
    },
  );

  it('knows a table, in a folder and by its own name', async () => {
    const root = await tree({ 'a.png': grey, 'parts.csv': table, 'other.csv': 'name\nx\n' });
    const found = { dataset: 'table', options: { file: join(root, 'parts.csv') } };
    expect(await recognizeLayout(root)).toEqual(found);
    expect(await recognizeLayout(join(root, 'parts.csv'))).toEqual(found);
  });

  it('knows other folders by what they are called', async () => {
    const two = await tree({ 'OK/0.png': grey, 'NG/0.png': grey });
    expect(await recognizeLayout(two)).toEqual({
      dataset: 'folder',
      options: { train: join(two, 'OK'), testDefective: join(two, 'NG') },
    });
    const flat = await tree({ '0.png': grey });
    expect(await recognizeLayout(flat)).toEqual({ dataset: 'folder', options: { train: flat } });
    const train = await tree({ 'train/0.png': grey, 'test/good/0.png': grey, 'test/bad/0.png': grey });
    expect(await recognizeLayout(train)).toEqual({
      dataset: 'folder',
      options: {
        train: join(train, 'train'),
        testNominal: join(train, 'test/good'),
        testDefective: join(train, 'test/bad'),
      },
    });
  });

  it('knows nothing of folders that say nothing, and what to write for them', async () => {
    const root = await tree({ 'monday/0.png': grey, 'monday/1.png': grey, 'tuesday/0.png': grey });
    expect(await recognizeLayout(root)).toBeNull();
    expect(await describeUnknownLayout(root)).toBe(
      `There are images in ${join(root, 'monday')} (2 images), ${join(root, 'tuesday')} (1 images). If one of them holds nominal images alone, it is read by --set dataset.type=folder --set dataset.train=${join(root, 'monday')}, with dataset.testNominal and dataset.testDefective for those to test with; if none does, list the images in a table (--dataset table).`,
    );
    expect(await describeUnknownLayout(await tree({ 'notes.txt': 'x' }))).toMatch(
      /has no folder with images: it holds notes.txt\.$/,
    );
  });

  it('refuses what is no folder, and an empty one', async () => {
    const root = await tree({ 'a.png': grey });
    await mkdir(join(root, 'empty'));
    await expect(recognizeLayout(join(root, 'gone'))).rejects.toThrow('does not exist');
    await expect(recognizeLayout(join(root, 'a.png'))).rejects.toThrow('is a file; a folder is needed');
    await expect(recognizeLayout(join(root, 'empty'))).rejects.toThrow('is empty: there is no image in it');
  });
});
