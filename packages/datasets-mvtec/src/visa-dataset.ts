/** The dataset `visa`: VisA as it is downloaded, with lists of what is in which split, and as it is rearranged to MVTec AD's layout. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ConfigurationError, type Dataset, findCategory, type Part, type PartContext } from '@adfw/core';
import { describeContents, foldersIn } from '@adfw/images';
import { categoryOption } from './categories.js';
import { type FileDatasetOptions, fileDatasetOptions } from './file-dataset.js';
import { type ListedImage, listedDataset } from './listed-dataset.js';
import { readTable, type TableRow } from './table-file.js';
import { createTreeDataset, type TreeLayout, treeCategories } from './tree-dataset.js';

const splits = ['1cls', '2cls_highshot', '2cls_fewshot'] as const;

export interface VisaOptions extends FileDatasetOptions {
  /** The folder with `split_csv`, or that of the rearranged categories. */
  readonly root: string;
  readonly category: string | null;
  readonly split: (typeof splits)[number];
}

export const visaDataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'visa',
  summary:
    'VisA: as it is downloaded, with split_csv, or rearranged to train/good, test/good, test/bad and ground_truth/bad.',
  reference:
    'Zou et al., SPot-the-Difference Self-Supervised Pre-training for Anomaly Detection and Segmentation, ECCV 2022',
  options: {
    root: {
      type: 'string',
      format: 'path',
      description: 'The folder with split_csv, or that of the rearranged categories.',
    },
    category: categoryOption,
    split: {
      enum: splits,
      default: '1cls',
      description:
        'Which list says what is trained on and tested with; of the two with 2cls the defective training images are left out.',
    },
    ...fileDatasetOptions,
  },
  required: ['root'],
  categories: visaCategories,
  create: createVisaDataset,
};

/** What it is rearranged to. */
const rearranged = (split: string): TreeLayout => ({
  name: 'visa',
  summary: '',
  reference: '',
  around: [split],
});

/** The categories, in the order in which they are listed. */
async function visaCategories(options: Pick<VisaOptions, 'root' | 'split'>): Promise<string[] | null> {
  const { root, split } = options;
  const list = await listOf(options);
  if (list === null) return treeCategories(root, rearranged(split));
  return [...new Set((await rowsOf(list)).map(({ values }) => values.object as string))];
}

/**
 * Opens VisA. As it is downloaded, sample ids are paths below `root`, as they are listed (`candle/Data/Images/Normal/0000.JPG`);
 * rearranged they are as those of `createTreeDataset`.
 * @throws ConfigurationError that names the list, or its line, where something is missing or wrong.
 */
export async function createVisaDataset(options: VisaOptions, context: PartContext): Promise<Dataset> {
  const { root, split } = options;
  const list = await listOf(options);
  if (list === null) return createTreeDataset(rearranged(split), options, context);
  const rows = await rowsOf(list);
  const categories = [...new Set(rows.map(({ values }) => values.object as string))];
  const category = findCategory(options.category, categories, list);
  const images = rows
    .filter(({ values }) => values.object === category)
    .map((row) => imageOf(row, root, `line ${row.line} of ${list}`));
  return listedDataset({ name: basename(resolve(root)), category, file: list, images }, options, context);
}

/**
 * The list of a split; null where the dataset is rearranged.
 * @throws ConfigurationError where it is not, and has no such list.
 */
async function listOf({ root, split }: Pick<VisaOptions, 'root' | 'split'>): Promise<string | null> {
  const list = join(root, 'split_csv', `${split}.csv`);
  if (existsSync(list)) return list;
  const folders = await foldersIn(root);
  if (folders.includes('split_csv'))
    throw new ConfigurationError(
      `There is no ${list}, which says what is trained on and tested with: ${await describeContents(join(root, 'split_csv'))}.`,
    );
  if (folders.includes('Data'))
    throw new ConfigurationError(
      `${root} is a category of VisA as it is downloaded: name the folder that it lies in, with split_csv, and --category ${basename(resolve(root))}.`,
    );
  const raw = folders.find((name) => existsSync(join(root, name, 'Data', 'Images')));
  if (raw === undefined) return null;
  throw new ConfigurationError(
    `There is no ${list}, which says what is trained on and tested with; ${join(root, raw)} is as it is downloaded. It comes with VisA, beside the categories.`,
  );
}

const columns = ['object', 'split', 'label', 'image', 'mask'];

async function rowsOf(list: string): Promise<readonly TableRow[]> {
  const table = await readTable(list);
  const missing = columns.filter((name) => !table.columns.includes(name));
  if (missing.length > 0)
    throw new ConfigurationError(
      `${list} has no column ${missing.join(', ')}: the first line should be ${columns.join(',')}.`,
    );
  return table.rows;
}

function imageOf({ values }: TableRow, root: string, where: string): ListedImage {
  const { split = '', label = '', image = '', mask = '' } = values;
  const fault = (what: string, found: string) =>
    new ConfigurationError(`Found "${found}" in ${where}, where ${what} is expected.`);
  if (split !== 'train' && split !== 'test') throw fault('the split train or test', split);
  if (label !== 'normal' && label !== 'anomaly') throw fault('the label normal or anomaly', label);
  if (image === '') throw fault('the path of an image', image);
  return {
    where,
    id: image,
    path: join(root, image),
    split,
    label: label === 'normal' ? 0 : 1,
    defect: label,
    maskPath: mask === '' ? null : join(root, mask),
  };
}
