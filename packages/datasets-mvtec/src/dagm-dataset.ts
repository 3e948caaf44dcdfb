/** The dataset `dagm`: generated textures, of which only the defective images have a mask. */
import { basename, join, resolve } from 'node:path';
import { ConfigurationError, type Dataset, findCategory, type Part, type PartContext } from '@adfw/core';
import { describeContents, foldersIn, imagesBelow } from '@adfw/images';
import { categoryOption, namesFolder } from './categories.js';
import { fileDataset, fileDatasetOptions } from './file-dataset.js';
import { withoutExtension } from './mask-files.js';
import { labelledByMasks, type MaskedFile, type MaskedOptions, trainDefectiveOption } from './mask-labels.js';

export interface DagmOptions extends MaskedOptions {
  /** The folder with the classes, or one of them. */
  readonly root: string;
  readonly category: string | null;
}

const splits = ['Train', 'Test'] as const;

export const dagmDataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'dagm',
  summary:
    'DAGM 2007: textures Class1 to Class10 in Train and Test; a mask in Label, a coarse ellipse, says what is defective.',
  reference: 'Wieler and Hahn, Weakly Supervised Learning for Industrial Optical Inspection, DAGM 2007',
  options: {
    root: {
      type: 'string',
      format: 'path',
      description: 'The folder with Class1 to Class10, or one of them.',
    },
    category: categoryOption,
    trainDefective: trainDefectiveOption,
    ...fileDatasetOptions,
  },
  required: ['root'],
  categories: ({ root }: DagmOptions) => classesIn(root),
  create: createDagmDataset,
};

/**
 * Opens DAGM 2007. Sample ids are paths below the folder of the class (`Train/0001.PNG`).
 * @throws ConfigurationError where folders are missing, and for a mask without an image.
 */
export async function createDagmDataset(options: DagmOptions, context: PartContext): Promise<Dataset> {
  const { root, category } = options;
  const classes = await classesIn(root);
  if (classes === null && category !== null && !namesFolder(category, root))
    throw new ConfigurationError(`${root} is one class itself: leave out the category "${category}".`);
  const folder = classes === null ? root : join(root, findCategory(category, classes, root));
  const found = await Promise.all(splits.map((split) => filesOf(folder, split)));
  const files = found.flatMap(({ files }) => files);
  const { train, test } = await labelledByMasks(files, options, context, ({ maskPath }) => maskPath !== null);
  if (train.length === 0)
    throw new ConfigurationError(`There is no nominal image to train on in ${join(folder, 'Train')}.`);
  return fileDataset(
    {
      name: basename(resolve(root)),
      category,
      train,
      test,
      maskFolder: join(folder, 'Test', 'Label'),
      leftOut: found.flatMap(({ leftOut }) => leftOut),
    },
    options,
    context,
  );
}

async function classesIn(root: string): Promise<string[] | null> {
  const folders = await foldersIn(root);
  const isClass = (inner: readonly string[]) => splits.every((split) => inner.includes(split));
  if (isClass(folders)) return null;
  const inner = await Promise.all(folders.map((name) => foldersIn(join(root, name))));
  const classes = folders.filter((_, index) => isClass(inner[index] as string[]));
  if (classes.length > 0) return classes;
  throw new ConfigurationError(
    `${root} holds no class, a folder with Train and Test: ${await describeContents(root)}.`,
  );
}

async function filesOf(folder: string, split: (typeof splits)[number]) {
  const { images: found, leftOut } = await imagesBelow(join(folder, split));
  const masks = new Map(
    found
      .filter((path) => path.startsWith('Label/'))
      .map((path) => [withoutExtension(basename(path)).toLowerCase(), path] as const),
  );
  const files = found
    .filter((path) => !path.startsWith('Label/'))
    .map((image): MaskedFile => {
      const key = `${withoutExtension(image).toLowerCase()}_label`;
      const mask = masks.get(key);
      masks.delete(key);
      return {
        id: `${split}/${image}`,
        path: join(folder, split, image),
        maskPath: mask === undefined ? null : join(folder, split, mask),
        split: split === 'Train' ? 'train' : 'test',
      };
    });
  const [orphan] = masks.values();
  if (orphan !== undefined)
    throw new ConfigurationError(
      `${join(folder, split, orphan)} is the mask of an image that is not there: restore it, or remove the mask.`,
    );
  return {
    files,
    // Where the ellipses are, once more.
    leftOut: leftOut.filter((path) => path !== 'Label/Labels.txt').map((path) => `${split}/${path}`),
  };
}
