import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { image, LEFT, left, NOTHING, open, RIGHT, right, tree } from './tree.test.fixture.js';
import { visaDataset } from './visa-dataset.js';

const header = 'object,split,label,image,mask\n';
const list = `${header}candle,train,normal,candle/Data/Images/Normal/0.JPG,
candle,train,normal,candle/Data/Images/Normal/1.JPG,
candle,test,normal,candle/Data/Images/Normal/2.JPG,
candle,test,anomaly,candle/Data/Images/Anomaly/0.JPG,candle/Data/Masks/Anomaly/0.png
fryum,train,normal,fryum/Data/Images/Normal/0.JPG,
`;
const downloaded = {
  'split_csv/1cls.csv': list,
  'split_csv/2cls_fewshot.csv': list.replace('candle,test,anomaly', 'candle,train,anomaly'),
  'candle/Data/Images/Normal/0.JPG': image(10),
  'candle/Data/Images/Normal/1.JPG': image(11),
  'candle/Data/Images/Normal/2.JPG': image(12),
  'candle/Data/Images/Anomaly/0.JPG': image(20),
  'candle/Data/Masks/Anomaly/0.png': right,
  'fryum/Data/Images/Normal/0.JPG': image(30),
};
const rearranged = {
  '1cls/candle/train/good/0000.JPG': image(10),
  '1cls/candle/test/good/0002.JPG': image(12),
  '1cls/candle/test/bad/000.JPG': image(20),
  '1cls/candle/ground_truth/bad/000.png': left,
};

describe('VisA as it is downloaded', () => {
  it('is what its list says, with masks of any value', async () => {
    const root = await tree(downloaded);
    const { lines, messages, dataset } = await open(visaDataset, { root, category: 'candle' });
    expect(lines).toEqual([
      'train candle/Data/Images/Normal/0.JPG 10',
      'train candle/Data/Images/Normal/1.JPG 11',
      `test candle/Data/Images/Normal/2.JPG 12 good ${NOTHING}`,
      `test candle/Data/Images/Anomaly/0.JPG 20 anomaly ${RIGHT}`,
    ]);
    expect(messages).toEqual([]);
    expect(dataset.category).toBe('candle');
    expect(await visaDataset.categories?.({ root, split: '1cls' })).toEqual(['candle', 'fryum']);
  });

  it('leaves defective training images out, and says how many', async () => {
    const root = await tree(downloaded);
    const { messages, lines } = await open(visaDataset, { root, category: 'candle', split: '2cls_fewshot' });
    expect(lines).toHaveLength(3);
    expect(messages).toEqual([
      'Defective images among the training images, which are nominal ones alone, are left out: 1 of 3, the first is candle/Data/Images/Anomaly/0.JPG.',
    ]);
  });

  it.each([
    [{ category: null }, /1cls\.csv holds categories; choose with --category: candle, fryum/],
    [{ category: 'candel' }, /no category "candel" in .*; there are candle, fryum\. Did you mean "candle"/],
    [
      { category: 'candle', split: '2cls_highshot' },
      /no .*2cls_highshot\.csv, which says.*it holds 1cls\.csv/,
    ],
  ])('says what is wrong with %j', async (options, message) => {
    await expect(open(visaDataset, { root: await tree(downloaded), ...options })).rejects.toThrow(message);
  });

  it.each([
    ['candle/Data/Images/Normal/1.JPG', /no image .*Normal\/1\.JPG, which line 3 of .*1cls\.csv lists/],
    [
      'candle/Data/Masks/Anomaly/0.png',
      /no mask of .*Anomaly\/0\.JPG .*Masks\/Anomaly\/0\.png, which line 5/,
    ],
    ['split_csv', /no .*1cls\.csv, which says.*candle is as it is downloaded/],
  ])('says so where %s is missing', async (path, message) => {
    const root = await tree(downloaded);
    await rm(join(root, path), { recursive: true });
    await expect(open(visaDataset, { root, category: 'candle' })).rejects.toThrow(message);
  });

  it.each([
    [
      `${header}candle,train,normal`,
      /Line 2 of .*1cls\.csv cannot be read: it has 3 values, and there are 5/,
    ],
    [`${header}candle,train,odd,a.JPG,`, /Found "odd" in line 2 of .*label normal or anomaly/],
    [`${header}candle,dev,normal,a.JPG,`, /Found "dev" in line 2 of .*split train or test/],
    [`${header}candle,train,normal,"a.JPG,\n`, /Line 2 of .*cannot be read: Quote Not Closed/],
    ['object,split,label\n', /has no column image, mask/],
  ])('names the line of a list that is wrong: %j', async (text, message) => {
    const root = await tree({ ...downloaded, 'split_csv/1cls.csv': text });
    await expect(open(visaDataset, { root, category: 'candle' })).rejects.toThrow(message);
  });

  it('says that a category alone does not do', async () => {
    const root = await tree(downloaded);
    await expect(open(visaDataset, { root: join(root, 'candle') })).rejects.toThrow(
      /candle is a category of VisA as it is downloaded: name the folder/,
    );
  });
});

describe('VisA as it is rearranged', () => {
  const expected = [
    'train train/good/0000.JPG 10',
    `test test/bad/000.JPG 20 bad ${LEFT}`,
    `test test/good/0002.JPG 12 good ${NOTHING}`,
  ];

  it.each(['', '1cls', '1cls/candle'])('is read from its folder, here %j', async (below) => {
    const root = join(await tree(rearranged), below);
    const category = below.endsWith('candle') ? null : 'candle';
    expect((await open(visaDataset, { root, category })).lines).toEqual(expected);
    expect(await visaDataset.categories?.({ root, split: '1cls' })).toEqual(category && [category]);
  });
});
