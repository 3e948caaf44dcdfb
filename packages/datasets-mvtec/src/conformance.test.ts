import { join } from 'node:path';
import { checkConformance, type PartTrial } from '@adfw/core';
import { it } from 'vitest';
import { plugin } from './index.js';
import { image, left, nothing, right, tree } from './tree.test.fixture.js';

const category = {
  'train/good/0.png': image(1),
  'test/good/0.png': image(2),
  'test/bad/0.png': image(3),
  'ground_truth/bad/0.png': left,
};
const heldOut = { 'validation/good/0.png': image(4) };
const several = { 'ground_truth/bad/0/0.png': left, 'ground_truth/bad/0/1.png': right };
const entries = (...paths: string[]) =>
  paths.map((image_path) => ({ image_path, mask_path: null, anomaly_class: 'OK' }));

it('every dataset conforms', async () => {
  const root = await tree(category);
  const trial = async (files: Parameters<typeof tree>[0], options = {}): Promise<PartTrial> => ({
    options: { root: await tree(files), ...options },
  });
  const table = await tree({
    ...category,
    'table.csv':
      'image,label,split,mask\ntrain/good/0.png,0,train,\ntest/good/0.png,,test,\ntest/bad/0.png,1,test,ground_truth/bad/0.png\n',
  });
  const parts: Record<string, PartTrial> = {
    mvtec: { options: { root } },
    folder: { options: { train: join(root, 'train'), testDefective: join(root, 'test/bad') } },
    table: { options: { file: join(table, 'table.csv') } },
    visa: { options: { root } },
    btad: { options: { root } },
    mpdd: { options: { root } },
    autovi: await trial({ ...category, ...several }),
    'mvtec-loco': await trial({ ...category, ...heldOut, ...several }),
    'mvtec-ad-2': await trial({
      'train/good/0_regular.png': image(1),
      'validation/good/0_regular.png': image(2),
      'test_public/bad/0_regular.png': image(3),
      'test_public/ground_truth/bad/0_regular_mask.png': left,
      'test_private/0_regular.png': image(4),
    }),
    'kolektor-sdd': await trial(
      {
        'kos01/Part0.jpg': image(1),
        'kos01/Part0_label.bmp': nothing,
        'kos02/Part0.jpg': image(2),
        'kos02/Part0_label.bmp': left,
      },
      { trainItems: 1 },
    ),
    'kolektor-sdd2': await trial({
      'train/1.png': image(1),
      'train/1_GT.png': nothing,
      'test/2.png': image(2),
      'test/2_GT.png': left,
    }),
    dagm: await trial({ 'Train/1.png': image(1), 'Test/1.png': image(2), 'Test/Label/1_label.png': left }),
    'real-iad': await trial(
      {
        'realiad_jsons/toy.json': JSON.stringify({ train: entries('a.jpg'), test: entries('b.jpg') }),
        'realiad_256/a.jpg': image(1),
        'realiad_256/b.jpg': image(2),
      },
      { category: 'toy' },
    ),
  };
  await checkConformance(plugin, {
    parts: Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [`dataset/${name}`, { ...part, imageSize: [4, 6] }]),
    ),
  });
});
