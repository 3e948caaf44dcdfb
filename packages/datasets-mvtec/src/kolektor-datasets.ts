/** The datasets `kolektor-sdd` and `kolektor-sdd2`: surfaces whose masks, one beside each image, say which of them are defective. */
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigurationError, type Dataset, type JsonSchema, type Part, type PartContext } from '@adfw/core';
import { describeContents, foldersIn, imagesBelow } from '@adfw/images';
import { fileDataset, fileDatasetOptions } from './file-dataset.js';
import { listed } from './folder-names.js';
import { withoutExtension } from './mask-files.js';
import { labelledByMasks, type MaskedFile, type MaskedOptions, trainDefectiveOption } from './mask-labels.js';

export interface KolektorOptions extends MaskedOptions {
  readonly root: string;
}
export interface KolektorSddOptions extends KolektorOptions {
  readonly trainItems: number;
}

const rootOption = (description: string) =>
  ({ type: 'string', format: 'path', description }) as const satisfies JsonSchema;

export const kolektorSddDataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'kolektor-sdd',
  summary:
    'KolektorSDD: fifty items, kos01 to kos50, with a mask beside each image: Part0.jpg and Part0_label.bmp.',
  reference:
    'Tabernik et al., Segmentation-Based Deep-Learning Approach for Surface-Defect Detection, Journal of Intelligent Manufacturing 2020',
  options: {
    root: rootOption('The folder with the items, kos01 and so on.'),
    trainItems: {
      type: 'integer',
      minimum: 1,
      default: 35,
      description:
        'The first so many items are trained on, and the others tested with; the dataset itself says nothing of it.',
    },
    trainDefective: trainDefectiveOption,
    ...fileDatasetOptions,
  },
  required: ['root'],
  create: createKolektorSdd,
};

export const kolektorSdd2Dataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'kolektor-sdd2',
  summary:
    'KolektorSDD2: the folders train and test, with a mask beside each image: 10000.png and 10000_GT.png.',
  reference: 'Božič et al., Mixed supervision for surface-defect detection, Computers in Industry 2021',
  options: {
    root: rootOption('The folder with train and test.'),
    trainDefective: trainDefectiveOption,
    ...fileDatasetOptions,
  },
  required: ['root'],
  create: createKolektorSdd2,
};

/**
 * Opens KolektorSDD. Sample ids are paths below `root` (`kos01/Part0.jpg`); the group of a sample is its item, and its view the part.
 * @throws ConfigurationError where there are no items, or none to test with, and for an image without a mask or a mask without an image.
 * @throws DataError where a mask cannot be read.
 */
export async function createKolektorSdd(options: KolektorSddOptions, context: PartContext): Promise<Dataset> {
  const { root, trainItems } = options;
  const items = (await foldersIn(root)).filter((name) => /^kos\d+$/i.test(name));
  if (items.length === 0)
    throw new ConfigurationError(`${root} has no folders kos01 to kos50: ${await describeContents(root)}.`);
  if (items.length <= trainItems)
    throw new ConfigurationError(
      `${root} has ${items.length} items, and ${trainItems} are to be trained on: none is left to test with. Lower trainItems.`,
    );
  const others = (await foldersIn(root)).filter((name) => !items.includes(name));
  if (others.length > 0)
    context.report?.(`Not read, since only kos01 and so on are: ${listed(others)} in ${root}.`);
  const { files, leftOut } = await maskedFiles(root, items, '_label', (item) =>
    items.indexOf(item) < trainItems ? 'train' : 'test',
  );
  const grouped = files.map(
    (file): MaskedFile => ({ ...file, group: dirname(file.id), view: withoutExtension(basename(file.id)) }),
  );
  return open({ files: grouped, leftOut }, options, context);
}

/**
 * Opens KolektorSDD2. Sample ids are paths below `root` (`train/10000.png`).
 * @throws as {@link createKolektorSdd}.
 */
export async function createKolektorSdd2(options: KolektorOptions, context: PartContext): Promise<Dataset> {
  const { root } = options;
  const folders = await foldersIn(root);
  const missing = ['train', 'test'].filter((name) => !folders.includes(name));
  if (missing.length > 0)
    throw new ConfigurationError(
      `${root} has no folder ${missing.join(' and none ')}: ${await describeContents(root)}.`,
    );
  const found = await maskedFiles(root, ['train', 'test'], '_GT', (split) => split as 'train' | 'test');
  return open(found, options, context);
}

async function open(
  { files, leftOut }: FoundFiles,
  options: KolektorOptions,
  context: PartContext,
): Promise<Dataset> {
  const { root } = options;
  const { train, test } = await labelledByMasks(files, options, context);
  if (train.length === 0)
    throw new ConfigurationError(
      `${root} has no nominal image to train on: all its masks there mark something.`,
    );
  return fileDataset(
    { name: basename(resolve(root)), category: null, train, test, maskFolder: root, leftOut },
    options,
    context,
  );
}

interface FoundFiles {
  readonly files: readonly MaskedFile[];
  readonly leftOut: readonly string[];
}

/** The images of folders, each with the mask beside it. */
async function maskedFiles(
  root: string,
  folders: readonly string[],
  suffix: string,
  splitOf: (folder: string) => MaskedFile['split'],
): Promise<FoundFiles> {
  const files: MaskedFile[] = [];
  const leftOut: string[] = [];
  for (const folder of folders) {
    const { images: found, leftOut: others } = await imagesBelow(join(root, folder));
    leftOut.push(...others.map((path) => `${folder}/${path}`));
    const stemOf = (path: string) => withoutExtension(path).toLowerCase();
    const isMask = (path: string) => stemOf(path).endsWith(suffix.toLowerCase());
    const masks = new Map(
      found.filter(isMask).map((path) => [stemOf(path).slice(0, -suffix.length), path] as const),
    );
    for (const image of found.filter((path) => !isMask(path))) {
      const path = join(root, folder, image);
      const mask = masks.get(stemOf(image));
      if (mask === undefined)
        throw new ConfigurationError(
          `${path} has no mask ${withoutExtension(image)}${suffix} beside it, which would say whether it is defective.`,
        );
      masks.delete(stemOf(image));
      const maskPath = join(root, folder, mask);
      files.push({ id: `${folder}/${image}`, path, maskPath, split: splitOf(folder) });
    }
    const [orphan] = masks.values();
    if (orphan !== undefined)
      throw new ConfigurationError(
        `${join(root, folder, orphan)} is the mask of an image that is not there, ${withoutExtension(orphan).slice(0, -suffix.length)}: restore it, or remove the mask.`,
      );
  }
  return { files, leftOut };
}
