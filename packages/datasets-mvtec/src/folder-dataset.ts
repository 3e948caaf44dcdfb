/** A dataset of images in folders of any layout. */
import { realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ConfigurationError, type Dataset, type Part, type PartContext } from '@adfw/core';
import { type FileDatasetOptions, fileDataset, fileDatasetOptions, type ImageFile } from './file-dataset.js';
import { describeContents, EXTENSION_LIST, imagesBelow } from './list-images.js';
import { maskFiles, maskOf, withoutExtension } from './mask-files.js';

export interface FolderOptions extends FileDatasetOptions {
  readonly train: string;
  readonly testNominal: string | null;
  readonly testDefective: string | null;
  readonly masks: string | null;
}

const optionalPath = (description: string) =>
  ({ type: ['string', 'null'], format: 'path', default: null, description }) as const;

export const folderDataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'folder',
  summary:
    'Images in folders of any layout: one to train on, and where there are some, folders to test with.',
  options: {
    train: {
      type: 'string',
      format: 'path',
      description: 'The folder of nominal images to train on, searched at any depth.',
    },
    testNominal: optionalPath('The folder of nominal images to test with.'),
    testDefective: optionalPath(
      'The folder of defective images to test with; folders in it are the kinds of defect.',
    ),
    masks: optionalPath(
      'The folder of masks: crack/000_mask.png or crack/000.png for crack/000.jpg in testDefective, or without folders where names are unique.',
    ),
    ...fileDatasetOptions,
  },
  required: ['train'],
  create: createFolderDataset,
};

/**
 * Opens folders of images as a dataset. Sample ids are the option's name and the path below its folder
 * (`testDefective/crack/000.png`), in natural order. An image directly in `testDefective` has the defect `defective`.
 * @throws ConfigurationError when a folder is missing or without images, when one image would be in two of them, and when no
 * mask belongs to an image.
 * @throws DataError when `skipBadImages` leaves no training image.
 */
export async function createFolderDataset(options: FolderOptions, context: PartContext): Promise<Dataset> {
  const { train, testNominal, testDefective, masks } = options;
  if (masks !== null && testDefective === null)
    throw new ConfigurationError(
      `Masks are given (${masks}) but no images they belong to: name the folder of defective images as testDefective.`,
    );
  const folders = { train, testNominal, testDefective, masks };
  const images = {
    train: await imagesOf('train', train),
    testNominal: await imagesOf('testNominal', testNominal),
    testDefective: await imagesOf('testDefective', testDefective),
    masks: await imagesOf('masks', masks),
  };
  await refuseOverlap(folders, images);
  const test = [
    ...(testNominal === null ? [] : nominalImages('testNominal', testNominal, images.testNominal)),
    ...(testDefective === null
      ? []
      : defectiveImages(testDefective, images.testDefective, masks, images.masks)),
  ];
  return fileDataset(
    {
      name: basename(resolve(train)),
      category: null,
      train: nominalImages('train', train, images.train),
      test,
      maskFolder: masks,
    },
    options,
    context,
  );
}

const nominalImages = (option: Option, folder: string, images: readonly string[]): ImageFile[] =>
  images.map((image) => ({ id: `${option}/${image}`, label: 0, defect: 'good', path: join(folder, image) }));

async function imagesOf(option: string, folder: string | null): Promise<string[]> {
  if (folder === null) return [];
  const images = await imagesBelow(folder);
  if (images.length === 0)
    throw new ConfigurationError(
      `There is no image in ${folder} (option ${option}): ${await describeContents(folder)}; images end in ${EXTENSION_LIST}.`,
    );
  return images;
}

type Option = 'train' | 'testNominal' | 'testDefective' | 'masks';

/** An image that is trained on and tested with, or is nominal and defective, is a mistake that no result would show. */
async function refuseOverlap(
  folders: Record<Option, string | null>,
  images: Record<Option, readonly string[]>,
): Promise<void> {
  const seen = new Map<string, Option>();
  for (const option of ['train', 'testNominal', 'testDefective', 'masks'] as const) {
    const folder = folders[option];
    if (folder === null) continue;
    const root = await realpath(folder);
    for (const image of images[option]) {
      const path = join(root, image);
      const other = seen.get(path);
      if (other !== undefined)
        throw new ConfigurationError(
          `${path} is in the folder of ${other} and in that of ${option}; each image belongs to one. Choose folders that do not hold one another.`,
        );
      seen.set(path, option);
    }
  }
}

function defectiveImages(
  folder: string,
  images: readonly string[],
  maskFolder: string | null,
  masks: readonly string[],
): ImageFile[] {
  const byPath = maskFiles(masks);
  const timesNamed = new Map<string, number>();
  for (const image of images) {
    const stem = withoutExtension(basename(image));
    timesNamed.set(stem, (timesNamed.get(stem) ?? 0) + 1);
  }
  const isUnique = (image: string): boolean => timesNamed.get(withoutExtension(basename(image))) === 1;
  const findMask = (image: string): string | undefined =>
    maskOf(image, byPath) ?? (isUnique(image) ? maskOf(basename(image), byPath) : undefined);
  const files = images.map((image): ImageFile => {
    const defect = image.includes('/') ? image.slice(0, image.indexOf('/')) : 'defective';
    if (defect === 'good')
      throw new ConfigurationError(
        `${join(folder, 'good')} lies in the folder of defective images (option testDefective); name its folder as testNominal instead.`,
      );
    const mask = maskFolder === null ? undefined : findMask(image);
    return {
      id: `testDefective/${image}`,
      label: 1,
      defect,
      path: join(folder, image),
      maskPath: maskFolder === null || mask === undefined ? null : join(maskFolder, mask),
    };
  });
  if (maskFolder !== null && files.every(({ maskPath }) => maskPath === null))
    throw new ConfigurationError(
      `No mask in ${maskFolder} belongs to an image in ${folder}: that of ${images[0]} would be ${withoutExtension(images[0] as string)}_mask.png or ${withoutExtension(images[0] as string)}.png, but there is ${masks[0]}.`,
    );
  return files;
}
