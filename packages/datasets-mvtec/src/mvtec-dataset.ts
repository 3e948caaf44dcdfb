/**
 * Datasets laid out as MVTec AD: `train/good/*`, `test/<kind of defect>/*` with `test/good` for the nominal ones, and
 * `ground_truth/<kind of defect>/<stem>_mask.png`.
 */
import { basename, join, resolve } from 'node:path';
import { ConfigurationError, type Dataset, nearestName, type Part, type PartContext } from '@adfw/core';
import { type FileDatasetOptions, fileDataset, fileDatasetOptions, type ImageFile } from './file-dataset.js';
import { describeContents, EXTENSION_LIST, foldersIn, imagesBelow, isFolder } from './list-images.js';
import { maskFiles, maskOf } from './mask-files.js';

export interface MvtecOptions extends FileDatasetOptions {
  /** The folder that holds the categories, or one category: a folder with `train/good`. */
  readonly root: string;
  readonly category: string | null;
}

const LAYOUT = 'train/good with nominal images, test/good and test/<kind of defect>';

export const mvtecDataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'mvtec',
  summary: 'A dataset in the layout of MVTec AD: train/good, test/good, test/<kind of defect>, ground_truth.',
  reference:
    'Bergmann et al., MVTec AD: A Comprehensive Real-World Dataset for Unsupervised Anomaly Detection, CVPR 2019',
  options: {
    root: {
      type: 'string',
      format: 'path',
      description: 'The folder that holds the categories, or one category: a folder with train/good.',
    },
    category: {
      type: ['string', 'null'],
      default: null,
      description: 'Which category of root to take; null where root is one category itself.',
    },
    ...fileDatasetOptions,
  },
  required: ['root'],
  create: createMvtecDataset,
};

/**
 * Opens a dataset in the layout of MVTec AD. Sample ids are paths below the category's folder (`test/crack/000.png`), in
 * natural order. Masks are optional; they are looked for as `ground_truth/crack/000_mask.png` and `ground_truth/crack/000.png`,
 * in any image format. Without a `test` folder there are no test samples.
 * @throws ConfigurationError that says what was found instead when the folder is not laid out like this.
 * @throws DataError when `skipBadImages` leaves no training image.
 */
export async function createMvtecDataset(options: MvtecOptions, context: PartContext): Promise<Dataset> {
  const folder = await categoryFolder(options);
  const train = await trainingImages(folder);
  const groundTruth = join(folder, 'ground_truth');
  const maskFolder = (await isFolder(groundTruth)) ? groundTruth : null;
  const test = await testImages(folder, maskFolder);
  const name = basename(resolve(options.root));
  return fileDataset({ name, category: options.category, train, test, maskFolder }, options, context);
}

/**
 * The categories that a folder holds, in natural order; null where it is one category itself.
 * @throws ConfigurationError that says what was found instead where it is neither.
 */
export async function mvtecCategories(root: string): Promise<string[] | null> {
  const folders = await foldersIn(root);
  if (folders.includes('train')) return null;
  const isCategory = await Promise.all(folders.map((name) => isFolder(join(root, name, 'train'))));
  const categories = folders.filter((_, index) => isCategory[index]);
  if (categories.length > 0) return categories;
  throw new ConfigurationError(
    `${root} is neither a category, which has ${LAYOUT}, nor a folder of categories: ${await describeContents(root)}.`,
  );
}

/** The folder with `train/good`. */
async function categoryFolder({ root, category }: MvtecOptions): Promise<string> {
  const categories = await mvtecCategories(root);
  if (categories === null) {
    if (category === null || category === basename(resolve(root))) return root;
    throw new ConfigurationError(
      `${root} is one category itself, it has train: leave out the category "${category}", or name the folder that holds the categories.`,
    );
  }
  if (category !== null && categories.includes(category)) return join(root, category);
  if (category === null)
    throw new ConfigurationError(
      `${root} holds ${categories.length === 1 ? 'a category' : 'categories'}; choose with --category: ${categories.join(', ')}.`,
    );
  const nearest = nearestName(category, categories);
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  throw new ConfigurationError(
    `There is no category "${category}" in ${root}; there are ${categories.join(', ')}.${hint}`,
  );
}

async function trainingImages(folder: string): Promise<ImageFile[]> {
  const train = join(folder, 'train');
  const good = join(train, 'good');
  if (!(await isFolder(good)))
    throw new ConfigurationError(
      `${train} has no folder good with the nominal images to train on: ${await describeContents(train)}.`,
    );
  const images = await imagesBelow(train);
  const stray = images.find((image) => !image.startsWith('good/'));
  if (stray !== undefined)
    throw new ConfigurationError(
      `Training takes nominal images alone, from ${good}, but there is ${join(train, stray)} beside it: move it to test/<kind of defect>, or to train/good.`,
    );
  if (images.length === 0)
    throw new ConfigurationError(
      `There is no image to train on in ${good}: ${await describeContents(good)}; images end in ${EXTENSION_LIST}.`,
    );
  return images.map((image) => ({
    id: `train/${image}`,
    label: 0,
    defect: 'good',
    path: join(train, image),
  }));
}

async function testImages(folder: string, maskFolder: string | null): Promise<ImageFile[]> {
  const test = join(folder, 'test');
  if (!(await isFolder(test))) return [];
  const images = await imagesBelow(test);
  const stray = images.find((image) => !image.includes('/'));
  if (stray !== undefined)
    throw new ConfigurationError(
      `${join(test, stray)} is neither in test/good nor in test/<kind of defect>, so it is not known what it is: move it to one of them.`,
    );
  const masks = maskFiles(maskFolder === null ? [] : await imagesBelow(maskFolder));
  return images.map((image) => {
    const defect = image.slice(0, image.indexOf('/'));
    const sample = { id: `test/${image}`, defect, path: join(test, image) };
    if (defect === 'good') return { ...sample, label: 0 };
    const mask = maskOf(image, masks);
    return { ...sample, label: 1, maskPath: maskFolder && mask ? join(maskFolder, mask) : null };
  });
}
