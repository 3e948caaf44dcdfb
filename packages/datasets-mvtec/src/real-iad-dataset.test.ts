import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realIadDataset } from './real-iad-dataset.js';
import { image, NOTHING, open, RIGHT, right, tree } from './tree.test.fixture.js';

const entry = (image_path: string, anomaly_class = 'OK', mask_path: string | null = null) => ({
  category: 'toy',
  anomaly_class,
  image_path,
  mask_path,
});
const content = {
  meta: { normal_class: 'OK', prefix: 'toy/' },
  train: [entry('OK/S0001/toy_0001_OK_C1_1.jpg'), entry('OK/S0001/toy_0001_OK_C2_1.jpg')],
  test: [
    entry('OK/S0002/toy_0002_OK_C1_1.jpg'),
    entry('NG/AK/S0003/toy_0003_NG_AK_C5_1.jpg', 'AK', 'NG/AK/S0003/toy_0003_NG_AK_C5_1.png'),
  ],
};
const files = {
  'realiad_jsons/realiad_jsons/toy.json': JSON.stringify(content),
  'realiad_jsons/realiad_jsons_sv/toy.json': JSON.stringify({ ...content, train: content.train.slice(0, 1) }),
  'realiad_256/toy/OK/S0001/toy_0001_OK_C1_1.jpg': image(1),
  'realiad_256/toy/OK/S0001/toy_0001_OK_C2_1.jpg': image(2),
  'realiad_256/toy/OK/S0002/toy_0002_OK_C1_1.jpg': image(3),
  'realiad_256/toy/NG/AK/S0003/toy_0003_NG_AK_C5_1.jpg': image(4),
  'realiad_256/toy/NG/AK/S0003/toy_0003_NG_AK_C5_1.png': right,
  // What no list names is no part of it.
  'realiad_256/toy/OK/S0009/toy_0009_OK_C1_1.jpg': image(9),
};

describe('real-iad', () => {
  it('is what its JSON file says, each object a group of views', async () => {
    const root = await tree(files);
    const { lines, dataset, messages } = await open(realIadDataset, { root, category: 'toy' });
    expect(lines).toEqual([
      'train toy/OK/S0001/toy_0001_OK_C1_1.jpg 1',
      'train toy/OK/S0001/toy_0001_OK_C2_1.jpg 2',
      `test toy/OK/S0002/toy_0002_OK_C1_1.jpg 3 good ${NOTHING}`,
      `test toy/NG/AK/S0003/toy_0003_NG_AK_C5_1.jpg 4 AK ${RIGHT}`,
    ]);
    expect([...dataset.train, ...dataset.test].map(({ group, view }) => `${group} ${view}`)).toEqual([
      'toy/OK/S0001 C1',
      'toy/OK/S0001 C2',
      'toy/OK/S0002 C1',
      'toy/NG/AK/S0003 C5',
    ]);
    expect(messages).toEqual([]);
    expect(await realIadDataset.categories?.({ root, split: 'realiad_jsons' })).toEqual(['toy']);
  });

  it('takes other lists, and says which there are', async () => {
    const root = await tree(files);
    const options = { root, category: 'toy' };
    expect(
      (await open(realIadDataset, { ...options, split: 'realiad_jsons_sv' })).dataset.train,
    ).toHaveLength(1);
    await expect(open(realIadDataset, { ...options, split: 'sv' })).rejects.toThrow(
      /no lists sv in .*; there are realiad_jsons, realiad_jsons_sv/,
    );
    await expect(open(realIadDataset, { root, category: 'toys' })).rejects.toThrow(
      /no category "toys" .*there are toy\. Did you mean "toy"/,
    );
  });

  it.each([
    ['realiad_jsons', /has no folder realiad_jsons, whose lists.*it holds realiad_256\//],
    ['realiad_256', /has no folder of images such as realiad_1024/],
    ['realiad_256/toy/OK/S0002', /no image .*C1_1\.jpg, which entry 1 of "test" in .*toy\.json lists/],
  ])('says so where %s is missing', async (path, message) => {
    const root = await tree(files);
    await rm(join(root, path), { recursive: true });
    await expect(open(realIadDataset, { root, category: 'toy' })).rejects.toThrow(message);
  });

  it('asks which images, where there are several sizes', async () => {
    const root = await tree({ ...files, 'realiad_512/toy/x.jpg': image(1) });
    await expect(open(realIadDataset, { root, category: 'toy' })).rejects.toThrow(
      /realiad_256, realiad_512: choose with --set dataset\.images=realiad_256/,
    );
    expect((await open(realIadDataset, { root, category: 'toy', images: 'realiad_256' })).lines).toHaveLength(
      4,
    );
  });

  it.each([
    ['{', /toy\.json cannot be read: /],
    [JSON.stringify({ train: [] }), /toy\.json has no list "test"/],
    [
      JSON.stringify({ train: [{ anomaly_class: 'OK' }], test: [] }),
      /Found no image_path in entry 1 of "train"/,
    ],
  ])('names what is wrong in a list: %s', async (text, message) => {
    const root = await tree({ ...files, 'realiad_jsons/realiad_jsons/toy.json': text });
    await expect(open(realIadDataset, { root, category: 'toy' })).rejects.toThrow(message);
  });
});
