/** A dataset of images in folders of any layout. */
import { realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ConfigurationError, type Dataset, normalizedName, type Part, type PartContext } from '@adfw/core';
import { type FoundImages, imagesBelow, noImage } from '@adfw/images';
import { type FileDatasetOptions, fileDataset, fileDatasetOptions, type ImageFile } from './file-dataset.js';
import { isDefectiveName, isNominalName } from './folder-names.js';
import {
  masksOf,
  refuseMasksBeside,
  reportMasksBeside,
  separateMasks,
  withoutExtension,
} from './mask-files.js';

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
  const found = {
    train: await imagesOf('train', train),
    testNominal: await imagesOf('testNominal', testNominal),
    testDefective: await imagesOf('testDefective', testDefective),
    masks: await imagesOf('masks', masks),
  };
  await refuseOverlap(folders, found);
  const training = nominalImages('train', train, found.train.images);
  refuseMasksBeside(training.map(({ path }) => path));
  const nominal = separateMasks(found.testNominal.images);
  const defective = separateMasks(found.testDefective.images);
  reportMasksBeside(testDefective ?? '', defective.masks, masks, context);
  const isBeside = defective.masks.length > 0;
  const maskFolder = isBeside ? testDefective : masks;
  const maskPaths = isBeside ? defective.masks : found.masks.images;
  const test = [
    ...(testNominal === null ? [] : nominalImages('testNominal', testNominal, nominal.images)),
    ...(testDefective === null
      ? []
      : defectiveImages(testDefective, defective.images, maskFolder, maskPaths)),
  ];
  return fileDataset(
    {
      name: basename(resolve(train)),
      category: null,
      train: training,
      test,
      maskFolder,
      ...(maskFolder !== null && { strayMasks: strayMasks(maskFolder, maskPaths, test) }),
      leftOut: OPTIONS.flatMap((option) => found[option].leftOut.map((path) => `${option}/${path}`)),
    },
    options,
    context,
  );
}

function strayMasks(folder: string, masks: readonly string[], images: readonly ImageFile[]): string[] {
  const taken = new Set(images.flatMap(({ maskPaths = [] }) => maskPaths));
  return masks.map((mask) => join(folder, mask)).filter((path) => !taken.has(path));
}

/** @throws ConfigurationError where one lies in a folder that is called as those of defective images are. */
function nominalImages(
  option: 'train' | 'testNominal',
  folder: string,
  images: readonly string[],
): ImageFile[] {
  for (const image of images) {
    const names = image.split('/').slice(0, -1);
    const at = names.findIndex(isDefectiveName);
    if (at >= 0)
      throw new ConfigurationError(
        `${join(folder, ...names.slice(0, at + 1))} lies in the folder of nominal images (option ${option}), which is searched at any depth; name the folder of the nominal ones alone, and that of the defective ones as testDefective.`,
      );
  }
  return images.map((image) => ({
    id: `${option}/${image}`,
    label: 0,
    defect: 'good',
    path: join(folder, image),
  }));
}

async function imagesOf(option: string, folder: string | null): Promise<FoundImages> {
  if (folder === null) return { images: [], leftOut: [] };
  const found = await imagesBelow(folder);
  if (found.images.length === 0)
    throw await noImage(`There is no image in ${folder} (option ${option})`, folder);
  return found;
}

const OPTIONS = ['train', 'testNominal', 'testDefective', 'masks'] as const;
type Option = (typeof OPTIONS)[number];

/** An image that is trained on and tested with, or is nominal and defective, is a mistake that no result would show. */
async function refuseOverlap(
  folders: Record<Option, string | null>,
  found: Record<Option, FoundImages>,
): Promise<void> {
  const seen = new Map<string, Option>();
  for (const option of OPTIONS) {
    const folder = folders[option];
    if (folder === null) continue;
    const root = await realpath(folder);
    for (const image of found[option].images) {
      const path = join(root, image);
      const other = seen.get(normalizedName(path));
      // Within one folder, two names that read the same are two files.
      if (other !== undefined && other !== option)
        throw new ConfigurationError(
          `${path} is in the folder of ${other} and in that of ${option}; each image belongs to one. Choose folders that do not hold one another.`,
        );
      seen.set(normalizedName(path), option);
    }
  }
}

function defectiveImages(
  folder: string,
  images: readonly string[],
  maskFolder: string | null,
  masks: readonly string[],
): ImageFile[] {
  const timesNamed = new Map<string, number>();
  for (const image of images) {
    const stem = withoutExtension(basename(image));
    timesNamed.set(stem, (timesNamed.get(stem) ?? 0) + 1);
  }
  const isUnique = (image: string): boolean => timesNamed.get(withoutExtension(basename(image))) === 1;
  const byPath = masksOf(images, masks);
  const byName = masksOf(
    images.filter(isUnique).map((image) => basename(image)),
    masks,
  );
  const findMask = (image: string): string | undefined =>
    byPath.get(image) ?? (isUnique(image) ? byName.get(basename(image)) : undefined);
  const files = images.map((image): ImageFile => {
    const defect = image.includes('/') ? image.slice(0, image.indexOf('/')) : 'defective';
    if (isNominalName(defect))
      throw new ConfigurationError(
        `${join(folder, defect)} lies in the folder of defective images (option testDefective); name its folder as testNominal instead.`,
      );
    const mask = maskFolder === null ? undefined : findMask(image);
    return {
      id: `testDefective/${image}`,
      label: 1,
      defect: normalizedName(defect),
      path: join(folder, image),
      maskPaths: maskFolder === null || mask === undefined ? [] : [join(maskFolder, mask)],
    };
  });
  if (maskFolder !== null && files.every(({ maskPaths = [] }) => maskPaths.length === 0))
    throw new ConfigurationError(
      `No mask in ${maskFolder} belongs to an image in ${folder}: that of ${images[0]} would be ${withoutExtension(images[0] as string)}_mask.png or ${withoutExtension(images[0] as string)}.png, but there is ${masks[0]}.`,
    );
  return files;
}
