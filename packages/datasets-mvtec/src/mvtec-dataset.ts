/**
 * Datasets laid out as MVTec AD: `train/good/*`, `test/<kind of defect>/*` with `test/good` for the nominal ones, and
 * `ground_truth/<kind of defect>/<stem>_mask.png`. Folders may be called otherwise where the name can mean nothing else.
 */
import { basename, dirname, join, resolve } from 'node:path';
import {
  ConfigurationError,
  type Dataset,
  nearestName,
  normalizedName,
  type Part,
  type PartContext,
} from '@adfw/core';
import { describeContents, type FoundImages, foldersIn, imagesBelow, noImage } from '@adfw/images';
import { type FileDatasetOptions, fileDataset, fileDatasetOptions, type ImageFile } from './file-dataset.js';
import { isLayoutFolder, layoutFolder, listed, nominalFolder } from './folder-names.js';
import { suggestFolderDataset } from './folder-suggestion.js';
import {
  masksOf,
  refuseMasksBeside,
  reportMasksBeside,
  separateMasks,
  withoutExtension,
} from './mask-files.js';

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
 * in any image format, or where there is no `ground_truth` beside the images. Without a `test` folder there are no test samples.
 * @throws ConfigurationError that says what was found instead when the folder is not laid out like this, or it is doubtful which
 * images are nominal.
 * @throws DataError when `skipBadImages` leaves no training image.
 */
export async function createMvtecDataset(options: MvtecOptions, context: PartContext): Promise<Dataset> {
  const folder = await categoryFolder(options);
  const folders = await foldersIn(folder);
  const [train, test, groundTruth] = (['train', 'test', 'ground_truth'] as const).map((role) =>
    layoutFolder(role, folders, folder),
  ) as [string, string | null, string | null];
  const others = folders.filter((name) => ![train, test, groundTruth].includes(name));
  if (others.length > 0)
    context.report?.(
      `Not read, since only train, test and ground_truth are: ${listed(others)} in ${folder}.`,
    );
  const training = await trainingImages(folder, train);
  const testing = await testImages(folder, test, groundTruth, context);
  return fileDataset(
    {
      name: basename(resolve(options.root)),
      category: options.category,
      train: training.files,
      test: testing.files,
      maskFolder: testing.maskFolder,
      leftOut: [...training.leftOut, ...testing.leftOut],
    },
    options,
    context,
  );
}

/**
 * The categories that a folder holds, in natural order; null where it is one category itself.
 * @throws ConfigurationError that says what was found instead where it is neither.
 */
export async function mvtecCategories(root: string): Promise<string[] | null> {
  const folders = await foldersIn(root);
  if (folders.includes('train')) return null;
  const isCategory = await Promise.all(
    folders.map(async (name) => hasTrain(await foldersIn(join(root, name)).catch(() => []))),
  );
  const categories = folders.filter((_, index) => isCategory[index]);
  // A category may be called Train.
  if (categories.length === 0 && hasTrain(folders)) return null;
  if (categories.length > 0) return categories;
  throw new ConfigurationError(
    `${root} is neither a category, which has ${LAYOUT}, nor a folder of categories: ${await describeContents(root)}.${await suggestFolderDataset(root)}`,
  );
}

/** The folder of the nominal images to train on, where `root` is a category; null where it is none, or not a folder. */
export async function nominalTrainingFolder(root: string): Promise<string | null> {
  const folders = await foldersIn(root).catch(() => []);
  const train = layoutFolder('train', folders, root);
  if (train === null) return null;
  const nominal = nominalFolder(await foldersIn(join(root, train)), join(root, train));
  return nominal === null ? null : join(root, train, nominal);
}

const hasTrain = (folders: readonly string[]): boolean =>
  folders.some((name) => isLayoutFolder('train', name));

/**
 * Which of the categories in a folder is meant, as the system spells it.
 * @throws ConfigurationError where it is none of them.
 */
export function findCategory(category: string, categories: readonly string[], root: string): string {
  const found =
    categories.find((name) => name === category) ??
    categories.find((name) => normalizedName(name) === normalizedName(category));
  if (found !== undefined) return found;
  const nearest = nearestName(category, categories);
  const hint =
    category === 'all'
      ? ' All of them, one after the other, are what adfw bench is for.'
      : nearest === undefined
        ? ''
        : ` Did you mean "${nearest}"?`;
  throw new ConfigurationError(
    `There is no category "${category}" in ${root}; there are ${categories.join(', ')}.${hint}`,
  );
}

/** The folder with `train/good`. */
async function categoryFolder({ root, category }: MvtecOptions): Promise<string> {
  const categories = await mvtecCategories(root);
  if (categories === null) {
    if (category === null || normalizedName(category) === normalizedName(basename(resolve(root))))
      return root;
    throw new ConfigurationError(
      `${root} is one category itself, it has train: leave out the category "${category}", or name the folder that holds the categories.`,
    );
  }
  if (category === null)
    throw new ConfigurationError(
      `${root} holds ${categories.length === 1 ? 'a category' : 'categories'}; choose with --category: ${categories.join(', ')}.${categories.length === 1 ? '' : ' All of them are what adfw bench is for.'}`,
    );
  return join(root, findCategory(category, categories, root));
}

/** Files of a folder of the layout, and what else is in it, by their paths below the category's folder. */
interface LayoutFiles {
  readonly files: readonly ImageFile[];
  readonly leftOut: readonly string[];
}

const below = (name: string, { leftOut }: FoundImages): string[] => leftOut.map((path) => `${name}/${path}`);

async function trainingImages(folder: string, name: string): Promise<LayoutFiles> {
  const train = join(folder, name);
  const good = nominalFolder(await foldersIn(train), train);
  if (good === null)
    throw new ConfigurationError(
      `${train} has no folder good with the nominal images to train on: ${await describeContents(train)}.${await suggestFolderDataset(folder)}`,
    );
  const found = await imagesBelow(train);
  const stray = found.images.find((image) => !image.startsWith(`${good}/`));
  if (stray !== undefined)
    throw new ConfigurationError(
      `Training takes nominal images alone, from ${join(train, good)}, but there is ${join(train, stray)} beside it: move it to test/<kind of defect>, or to train/good.`,
    );
  if (found.images.length === 0)
    throw await noImage(`There is no image to train on in ${join(train, good)}`, join(train, good));
  const files = found.images.map((image) => ({
    id: `${name}/${image}`,
    label: 0 as const,
    defect: 'good',
    path: join(train, image),
  }));
  refuseMasksBeside(files.map(({ path }) => path));
  return { files, leftOut: below(name, found) };
}

async function testImages(
  folder: string,
  name: string | null,
  groundTruth: string | null,
  context: PartContext,
): Promise<LayoutFiles & { maskFolder: string | null }> {
  const maskFolder = groundTruth === null ? null : join(folder, groundTruth);
  if (name === null) return { files: [], leftOut: [], maskFolder };
  const test = join(folder, name);
  const found = await imagesBelow(test);
  const stray = found.images.find((image) => !image.includes('/'));
  if (stray !== undefined)
    throw new ConfigurationError(
      `${join(test, stray)} is neither in test/good nor in test/<kind of defect>, so it is not known what it is: move it to one of them.`,
    );
  const { images, masks: beside } = separateMasks(found.images);
  reportMasksBeside(test, beside, maskFolder, context);
  const given = maskFolder === null ? null : await imagesBelow(maskFolder);
  const kindOf = (image: string) => image.slice(0, image.indexOf('/'));
  const kinds = [...new Set(images.map(kindOf))];
  const good = nominalFolder(kinds, test);
  if (good === null && kinds.length > 0)
    context.report?.(
      `No folder in ${test} is that of the nominal images, so all test images (${images.length}) count as defective: ${listed(kinds)}. A folder of nominal images is to be called good.`,
    );
  const defective = images.filter((image) => kindOf(image) !== good);
  const masks = masksOf(defective, given?.images ?? beside);
  if (given !== null && masks.size === 0 && given.images.length > 0 && defective.length > 0)
    context.report?.(describeStrangeMasks(defective, given.images));
  const masksLieIn = maskFolder ?? (beside.length > 0 ? test : null);
  const files = images.map((image): ImageFile => {
    const sample = { id: `${name}/${image}`, path: join(test, image) };
    if (kindOf(image) === good) return { ...sample, label: 0, defect: 'good' };
    const mask = masks.get(image);
    const maskPath = masksLieIn !== null && mask !== undefined ? join(masksLieIn, mask) : null;
    return { ...sample, label: 1, defect: normalizedName(kindOf(image)), maskPath };
  });
  const leftOut = [...below(name, found), ...(given === null ? [] : below(groundTruth as string, given))];
  return { files, leftOut, maskFolder: masksLieIn };
}

/** Why none of the masks belongs to an image. */
function describeStrangeMasks(images: readonly string[], masks: readonly string[]): string {
  const stems = new Set(images.map(withoutExtension));
  const inFolder = masks.find((mask) => stems.has(dirname(mask)));
  const [image] = images as [string];
  return inFolder === undefined
    ? `No mask belongs to an image: that of ${image} would be ${withoutExtension(image)}_mask.png or ${withoutExtension(image)}.png, but there is ${masks[0]}.`
    : `Masks are not read, since a folder of masks an image, as MVTec LOCO has them (${inFolder}), is not supported. Draw them into one, ${dirname(inFolder)}.png, for measures of pixels.`;
}
