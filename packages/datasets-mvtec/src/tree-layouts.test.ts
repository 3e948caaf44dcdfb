import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mvtecDataset } from './mvtec-dataset.js';
import { BOTH, image, LEFT, left, NOTHING, open, RIGHT, right, rows, tree } from './tree.test.fixture.js';
import { type TreeLayout, treePart } from './tree-dataset.js';
import { ad2Layout, autoViLayout, btadLayout, locoLayout, mpddLayout } from './tree-layouts.js';

const size = { width: 6, height: 4 };

describe.each<[TreeLayout, Record<string, ReturnType<typeof image>>, string, string[]]>([
  [
    btadLayout,
    {
      'BTech_Dataset_transformed/01/train/ok/0000.bmp': image(1),
      'BTech_Dataset_transformed/01/test/ok/0001.bmp': image(2),
      'BTech_Dataset_transformed/01/test/ko/0000.bmp': image(3),
      'BTech_Dataset_transformed/01/ground_truth/ko/0000.png': left,
    },
    '01',
    [
      'train train/ok/0000.bmp 1',
      `test test/ko/0000.bmp 3 ko ${LEFT}`,
      `test test/ok/0001.bmp 2 good ${NOTHING}`,
    ],
  ],
  [
    mpddLayout,
    {
      'tubes/train/good/000.png': image(1),
      'tubes/test/good/000.png': image(2),
      'tubes/test/anomalous/000.png': image(3),
      'tubes/ground_truth/anomalous/000_mask.png': right,
    },
    'tubes',
    [
      'train train/good/000.png 1',
      `test test/anomalous/000.png 3 anomalous ${RIGHT}`,
      `test test/good/000.png 2 good ${NOTHING}`,
    ],
  ],
  [
    autoViLayout,
    {
      'pipe/train/good/0000.png': image(1),
      'pipe/test/good/0000.png': image(2),
      'pipe/test/unclipped/0000.png': image(3),
      'pipe/ground_truth/unclipped/0000/0000.png': left,
      'pipe/ground_truth/unclipped/0000/0001.png': right,
    },
    'pipe',
    [
      'train train/good/0000.png 1',
      `test test/good/0000.png 2 good ${NOTHING}`,
      `test test/unclipped/0000.png 3 unclipped ${BOTH}`,
    ],
  ],
])('$name', (layout, files, category, expected) => {
  it('gives labels and masks, and names its categories', async () => {
    const root = await tree(files);
    const part = treePart(layout);
    const { lines, messages } = await open(part, { root, category });
    expect(lines).toEqual(expected);
    expect(messages).toEqual([]);
    expect(await part.categories?.({ root })).toEqual([category]);
    await expect(open(part, { root, category: 'other' })).rejects.toThrow(`there are ${category}`);
  });
});

describe('mvtec-loco', () => {
  const part = treePart(locoLayout);
  const files = {
    'train/good/000.png': image(1),
    'validation/good/000.png': image(2),
    'test/good/000.png': image(3),
    'test/logical_anomalies/000.png': image(4),
    'test/structural_anomalies/000.png': image(5),
    'ground_truth/logical_anomalies/000/000.png': left,
    'ground_truth/logical_anomalies/000/001.png': right,
    'ground_truth/structural_anomalies/000/000.png': right,
    'defects_config.json': '[]',
  };

  it('holds out its validation images, keeps the kinds, and joins the masks of an image', async () => {
    const { lines, messages } = await open(part, { root: await tree(files) });
    expect(lines).toEqual([
      'train train/good/000.png 1',
      'validation validation/good/000.png 2',
      `test test/good/000.png 3 good ${NOTHING}`,
      `test test/logical_anomalies/000.png 4 logical_anomalies ${BOTH}`,
      `test test/structural_anomalies/000.png 5 structural_anomalies ${RIGHT}`,
    ]);
    expect(messages).toEqual([]);
  });

  it('gives each defect by itself, and a checksum that any of their files changes', async () => {
    const root = await tree(files);
    const { dataset } = await open(part, { root });
    const [good, logical, structural] = dataset.test as [never, never, never];
    const masksOf = async (sample: never) => (await dataset.masks?.(sample, size))?.map(rows);
    expect(await masksOf(good)).toEqual([]);
    expect(await masksOf(logical)).toEqual([LEFT, RIGHT]);
    expect(await masksOf(structural)).toEqual([RIGHT]);
    const sum = (await dataset.checksums?.(logical))?.mask;
    expect(sum).toMatch(/^[0-9a-f]{64}$/);
    await rm(join(root, 'ground_truth/logical_anomalies/000/001.png'));
    const { dataset: other } = await open(part, { root });
    expect((await other.checksums?.(logical))?.mask).not.toBe(sum);
  });

  it('says from how many pixels on a defect is found, in pixels of the size that is asked for', async () => {
    const saturationsOf = async (config: unknown, at: typeof size) => {
      const root = await tree({ ...files, 'defects_config.json': JSON.stringify(config) });
      const { dataset } = await open(part, { root });
      const logical = dataset.test[1] as never;
      return (await dataset.masks?.(logical, at))?.map(({ saturation }) => saturation);
    };
    // Both defects have 6 pixels, in masks of the grey values 255 and 3.
    const config = (left: object, right: object) => [
      { defect_name: 'a', pixel_value: 255, ...left },
      { defect_name: 'b', pixel_value: 3, ...right },
    ];
    const few = { saturation_threshold: 2, relative_saturation: false };
    const half = { saturation_threshold: 0.5, relative_saturation: true };
    const many = { saturation_threshold: 100, relative_saturation: false };
    expect(await saturationsOf(config(few, half), size)).toEqual([2, 3]);
    expect(await saturationsOf(config(many, few), { width: 12, height: 8 })).toEqual([24, 8]);
    expect(await saturationsOf([], size)).toEqual([undefined, undefined]);
    await expect(saturationsOf(config(few, half).slice(0, 1), size)).rejects.toThrow(
      /The grey value of .*001\.png, the mask of .* is 3, which .*defects_config\.json has no defect of; it has 255\. Add it/,
    );
    const wrong = { saturation_threshold: 2, relative_saturation: true };
    await expect(saturationsOf(config(few, wrong), size)).rejects.toThrow(
      /defects_config\.json has no defect as its entry 2: .* at most 1 where that is true/,
    );
    await expect(saturationsOf({}, size)).rejects.toThrow('is not a list of defects');
  });

  it('needs the images to hold out', async () => {
    const root = await tree(files);
    await rm(join(root, 'validation'), { recursive: true });
    await expect(open(part, { root })).rejects.toThrow(
      /no folder validation, of which mvtec-loco takes the images to hold out.*"mvtec" holds out a share/,
    );
  });

  it('says which masks are of no image, and which defective images have none', async () => {
    const root = await tree({
      ...files,
      'test/logical_anomalies/001.png': image(6),
      'ground_truth/logical_anomalies/002/000.png': left,
    });
    const { messages } = await open(part, { root });
    expect(messages).toEqual([
      `Masks of no image, which nothing is measured with: 1, the first is ${root}/ground_truth/logical_anomalies/002/000.png.`,
      `1 of the 3 defective test images have no mask in ${root}/ground_truth, the first is test/logical_anomalies/001.png.`,
    ]);
  });

  it('is read as mvtec without its validation images, which is said', async () => {
    const root = await tree(files);
    const { lines, messages } = await open(mvtecDataset, { root });
    expect(lines.filter((line) => line.startsWith('validation'))).toEqual([]);
    expect(lines.at(-2)).toContain(BOTH);
    expect(messages).toEqual([
      `Not read, since only train, test and ground_truth are: "validation" in ${root}. The datasets "mvtec-loco" and "mvtec-ad-2" take validation as the images that are held out.`,
    ]);
  });
});

describe('mvtec-ad-2', () => {
  it('has test images without a label, and knows lights by the names of files', async () => {
    const root = await tree({
      'can/train/good/000_regular.png': image(1),
      'can/validation/good/001_regular.png': image(2),
      'can/test_public/good/000_regular.png': image(3),
      'can/test_public/bad/000_regular.png': image(4),
      'can/test_public/bad/000_shift_1.png': image(5),
      'can/test_public/ground_truth/bad/000_regular_mask.png': left,
      'can/test_public/ground_truth/bad/000_shift_1_mask.png': right,
      'can/test_private/000_regular.png': image(6),
      'can/test_private_mixed/000_mixed.png': image(7),
    });
    const { lines, messages, dataset } = await open(treePart(ad2Layout), { root, category: 'can' });
    expect(lines).toEqual([
      'train train/good/000_regular.png 1',
      'validation validation/good/001_regular.png 2',
      `test test_public/bad/000_regular.png 4 bad ${LEFT}`,
      `test test_public/bad/000_shift_1.png 5 bad ${RIGHT}`,
      `test test_public/good/000_regular.png 3 good ${NOTHING}`,
      'unlabelled test_private/000_regular.png 6',
      'unlabelled test_private_mixed/000_mixed.png 7',
    ]);
    expect(messages).toEqual([]);
    expect(dataset.test.map(({ group, view }) => [group, view])).toEqual([
      ['test_public/bad/000', 'regular'],
      ['test_public/bad/000', 'shift_1'],
      ['test_public/good/000', 'regular'],
    ]);
    expect(dataset.unlabelled?.[0]).toEqual({
      id: 'test_private/000_regular.png',
      label: null,
      defect: null,
      group: 'test_private/000',
      view: 'regular',
    });
  });
});

it.each([
  ['visa', { 'split_csv/1cls.csv': '', 'candle/Data/Images/Normal/0.JPG': image(1) }],
  ['real-iad', { 'realiad_jsons/toy.json': '{}', 'realiad_256/toy/0.jpg': image(1) }],
  ['kolektor-sdd', { 'kos01/Part0.jpg': image(1), 'kos01/Part0_label.bmp': left }],
  ['kolektor-sdd2', { 'train/1.png': image(1), 'train/1_GT.png': left, 'test/2.png': image(2) }],
  ['dagm', { 'Train/1.PNG': image(1), 'Train/Label/1_label.PNG': left, 'Test/1.PNG': image(2) }],
])('what is laid out as %s and read as mvtec is told so', async (name, files) => {
  await expect(open(mvtecDataset, { root: await tree(files) })).rejects.toThrow(
    `It is laid out as ${name}: give --dataset ${name} beside --data.`,
  );
});
