/**
 * Datasets laid out as MVTec AD, or nearly so: `train/good/*`, `test/<kind of defect>/*` with `test/good` for the nominal ones, and
 * `ground_truth/<kind of defect>/<stem>_mask.png`. Folders may be called otherwise where the name can mean nothing else. What a
 * dataset has beside that, or elsewhere, its {@link TreeLayout} says.
 */
import { basename, dirname, join, resolve } from 'node:path';
import {
  ConfigurationError,
  type Dataset,
  findCategory,
  normalizedName,
  type Part,
  type PartContext,
  type Sample,
} from '@adfw/core';
import { describeContents, type FoundImages, foldersIn, imagesBelow, noImage } from '@adfw/images';
import { categoryOption, namesFolder } from './categories.js';
import { readSaturations } from './defects-config.js';
import {
  type DatasetFiles,
  type FileDatasetOptions,
  fileDataset,
  fileDatasetOptions,
  type ImageFile,
  type UnlabelledFile,
} from './file-dataset.js';
import { isLayoutFolder, layoutFolder, listed, nominalFolder } from './folder-names.js';
import { suggestFolderDataset } from './folder-suggestion.js';
import {
  allMasksOf,
  masksWithoutImage,
  refuseMasksBeside,
  reportMasksBeside,
  separateMasks,
  withoutExtension,
} from './mask-files.js';

/** Where in a category a dataset has what MVTec AD has not, or has elsewhere. */
export interface TreeLayout {
  /** Of the dataset's part: `btad`. */
  readonly name: string;
  readonly summary: string;
  readonly reference: string;
  /** What archives unpack to: a folder around the categories, which may be named as the root or left out. */
  readonly around?: readonly string[];
  /** Whether there is `validation/good`, with nominal images to hold out. */
  readonly validation?: boolean;
  /** The folder of the labelled test images, where it is not called `test`. */
  readonly test?: string;
  /** The folder of masks, where it is not `ground_truth` beside the others. */
  readonly masks?: string;
  /** Folders of test images without a label. */
  readonly unlabelled?: readonly string[];
  /**
   * Whether each defect has a mask of its own: `ground_truth/crack/000/0.png`, `1.png` and so on. `defects_config.json` may then say
   * from how many pixels on each is found.
   */
  readonly masksOfDefects?: boolean;
  /** What a file's name says of what it shows, where several show one thing. */
  readonly viewOf?: (stem: string) => Required<Pick<Sample, 'group' | 'view'>> | null;
}

export interface TreeOptions extends FileDatasetOptions {
  /** The folder that holds the categories, or one category: a folder with `train/good`. */
  readonly root: string;
  readonly category: string | null;
}

const LAYOUT = 'train/good with nominal images, test/good and test/<kind of defect>';

/** The part of a dataset of this layout. */
export const treePart = (layout: TreeLayout): Part<'dataset'> => ({
  kind: 'dataset',
  name: layout.name,
  summary: layout.summary,
  reference: layout.reference,
  options: {
    root: {
      type: 'string',
      format: 'path',
      description: 'The folder that holds the categories, or one category: a folder with train/good.',
    },
    category: categoryOption,
    ...fileDatasetOptions,
  },
  required: ['root'],
  categories: ({ root }: TreeOptions) => treeCategories(root, layout),
  create: (options: TreeOptions, context) => createTreeDataset(layout, options, context),
});

/**
 * Opens a dataset in a layout like that of MVTec AD. Sample ids are paths below the category's folder (`test/crack/000.png`), in
 * natural order. Masks are optional; they are looked for as `ground_truth/crack/000_mask.png`, `ground_truth/crack/000.png` and, several
 * of an image, in the folder `ground_truth/crack/000`, in any image format, or where there is no `ground_truth` beside the images.
 * Without a `test` folder there are no test samples.
 * @throws ConfigurationError that says what was found instead when the folder is not laid out like this, or it is doubtful which
 * images are nominal.
 * @throws DataError when `skipBadImages` leaves no training image.
 */
export async function createTreeDataset(
  layout: TreeLayout,
  options: TreeOptions,
  context: PartContext,
): Promise<Dataset> {
  const folder = await categoryFolder(options, layout);
  const folders = await foldersIn(folder);
  const train = layoutFolder('train', folders, folder) as string;
  const validation = layout.validation ? validationFolder(folders) : null;
  if (layout.validation && validation === null)
    throw new ConfigurationError(
      `${folder} has no folder validation, of which ${layout.name} takes the images to hold out: ${await describeContents(folder)}. Without it, the dataset "mvtec" holds out a share of the training images.`,
    );
  const test = layout.test ?? layoutFolder('test', folders, folder);
  const masks = layout.masks ?? layoutFolder('ground_truth', folders, folder);
  const unlabelled = (layout.unlabelled ?? []).filter((name) => folders.includes(name));
  const read = [train, validation, test, masks, ...unlabelled];
  const others = folders.filter((name) => !read.includes(name));
  if (others.length > 0) context.report?.(describeOthers(others, folder, layout));
  const training = await nominalImages(folder, train, TRAINING);
  const heldOut =
    validation === null ? { files: [], leftOut: [] } : await nominalImages(folder, validation, VALIDATION);
  const testing = await testImages(
    folder,
    test !== null && folders.includes(test) ? test : null,
    masks,
    context,
  );
  const withoutLabel = await unlabelledImages(folder, unlabelled);
  const seen = <T extends ImageFile | UnlabelledFile>(files: readonly T[]): T[] =>
    files.map((file) => ({ ...file, ...inGroup(file.id, layout) }));
  return fileDataset(
    {
      name: basename(resolve(options.root)),
      category: options.category,
      train: seen(training.files),
      validation: seen(heldOut.files),
      test: seen(testing.files),
      unlabelled: seen(withoutLabel.files),
      maskFolder: testing.maskFolder,
      masksOfDefects: layout.masksOfDefects ?? false,
      ...(testing.strayMasks && { strayMasks: testing.strayMasks }),
      saturationOf: layout.masksOfDefects ? await readSaturations(folder) : null,
      leftOut: [training, heldOut, testing, withoutLabel].flatMap(({ leftOut }) => leftOut),
    },
    options,
    context,
  );
}

const validationFolder = (folders: readonly string[]): string | null =>
  folders.find((name) => name.toLowerCase() === 'validation') ?? null;

function describeOthers(others: readonly string[], folder: string, layout: TreeLayout): string {
  const split = validationFolder(others);
  const hint =
    split === null
      ? ''
      : ` The datasets "mvtec-loco" and "mvtec-ad-2" take ${split} as the images that are held out.`;
  const known = [
    'train',
    ...(layout.validation ? ['validation'] : []),
    layout.test ?? 'test',
    ...(layout.masks === undefined ? ['ground_truth'] : []),
    ...(layout.unlabelled ?? []),
  ];
  return `Not read, since only ${known.slice(0, -1).join(', ')} and ${known.at(-1)} are: ${listed(others)} in ${folder}.${hint}`;
}

/** A thing is known by the folder that its images lie in as well: good and bad ones are counted from 0 each. */
function inGroup(id: string, { viewOf }: TreeLayout): Pick<Sample, 'group' | 'view'> {
  const seen = viewOf?.(withoutExtension(basename(id)));
  return seen ? { group: `${dirname(id)}/${seen.group}`, view: seen.view } : {};
}

/**
 * The categories that a folder holds, in natural order; null where it is one category itself.
 * @throws ConfigurationError that says what was found instead where it is neither.
 */
export async function treeCategories(given: string, layout: TreeLayout): Promise<string[] | null> {
  const root = await treeRoot(given, layout);
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

/** The folder of the categories: where it lies in one that the archive brings, that one. */
export async function treeRoot(root: string, { around = [] }: TreeLayout): Promise<string> {
  const folders = await foldersIn(root);
  const [inner, ...others] = folders.filter((name) => around.includes(name));
  return inner !== undefined && others.length === 0 ? join(root, inner) : root;
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

/** The folder with `train/good`. */
async function categoryFolder({ root: given, category }: TreeOptions, layout: TreeLayout): Promise<string> {
  const categories = await treeCategories(given, layout);
  const root = await treeRoot(given, layout);
  if (categories === null) {
    if (category === null || namesFolder(category, root)) return root;
    throw new ConfigurationError(
      `${root} is one category itself, it has train: leave out the category "${category}", or name the folder that holds the categories.`,
    );
  }
  return join(root, findCategory(category, categories, root));
}

/** Files of a folder of the layout, and what else is in it, by their paths below the category's folder. */
interface LayoutFiles<T = ImageFile> {
  readonly files: readonly T[];
  readonly leftOut: readonly string[];
}

const below = (name: string, { leftOut }: FoundImages): string[] => leftOut.map((path) => `${name}/${path}`);

/** A split of nominal images, and what is said of it. */
interface NominalSplit {
  /** What its images are for: `to train on`. */
  readonly purpose: string;
  /** What takes them: `Training`. */
  readonly use: string;
  /** Where other nominal images go: `train/good`. */
  readonly place: string;
}
const TRAINING: NominalSplit = { purpose: 'to train on', use: 'Training', place: 'train/good' };
const VALIDATION: NominalSplit = { purpose: 'to hold out', use: 'Validation', place: 'validation/good' };

async function nominalImages(
  folder: string,
  name: string,
  { purpose, use, place }: NominalSplit,
): Promise<LayoutFiles> {
  const split = join(folder, name);
  const good = nominalFolder(await foldersIn(split), split);
  if (good === null)
    throw new ConfigurationError(
      `${split} has no folder good with the nominal images ${purpose}: ${await describeContents(split)}.${await suggestFolderDataset(folder)}`,
    );
  const found = await imagesBelow(split);
  const stray = found.images.find((image) => !image.startsWith(`${good}/`));
  if (stray !== undefined)
    throw new ConfigurationError(
      `${use} takes nominal images alone, from ${join(split, good)}, but there is ${join(split, stray)} beside it: move it to test/<kind of defect>, or to ${place}.`,
    );
  if (found.images.length === 0)
    throw await noImage(`There is no image ${purpose} in ${join(split, good)}`, join(split, good));
  const files = found.images.map((image) => ({
    id: `${name}/${image}`,
    label: 0 as const,
    defect: 'good',
    path: join(split, image),
  }));
  refuseMasksBeside(files.map(({ path }) => path));
  return { files, leftOut: below(name, found) };
}

async function unlabelledImages(
  folder: string,
  names: readonly string[],
): Promise<LayoutFiles<UnlabelledFile>> {
  const found = await Promise.all(
    names.map(async (name) => ({ name, found: await imagesBelow(join(folder, name)) })),
  );
  return {
    files: found.flatMap(({ name, found: { images } }) =>
      images.map((image) => ({
        id: `${name}/${image}`,
        label: null,
        defect: null,
        path: join(folder, name, image),
      })),
    ),
    leftOut: found.flatMap(({ name, found }) => below(name, found)),
  };
}

async function testImages(
  folder: string,
  name: string | null,
  groundTruth: string | null,
  context: PartContext,
): Promise<LayoutFiles & Pick<DatasetFiles, 'strayMasks'> & { maskFolder: string | null }> {
  const maskFolder = groundTruth === null ? null : join(folder, groundTruth);
  if (name === null) return { files: [], leftOut: [], maskFolder };
  const test = join(folder, name);
  const found = await imagesBelow(test);
  // Masks may lie in the folder of the test images.
  const masksInside = groundTruth?.startsWith(`${name}/`) ? groundTruth.slice(name.length + 1) : null;
  const pictures = found.images.filter(
    (image) => masksInside === null || !image.startsWith(`${masksInside}/`),
  );
  const stray = pictures.find((image) => !image.includes('/'));
  if (stray !== undefined)
    throw new ConfigurationError(
      `${join(test, stray)} is neither in test/good nor in test/<kind of defect>, so it is not known what it is: move it to one of them.`,
    );
  const { images, masks: beside } = separateMasks(pictures);
  reportMasksBeside(test, beside, maskFolder, context);
  const given = maskFolder === null ? null : await masksIn(maskFolder);
  const kindOf = (image: string) => image.slice(0, image.indexOf('/'));
  const kinds = [...new Set(images.map(kindOf))];
  const good = nominalFolder(kinds, test);
  if (good === null && kinds.length > 0)
    context.report?.(
      `No folder in ${test} is that of the nominal images, so all test images (${images.length}) count as defective: ${listed(kinds)}. A folder of nominal images is to be called good.`,
    );
  const defective = images.filter((image) => kindOf(image) !== good);
  const candidates = given?.images ?? beside;
  const masks = allMasksOf(defective, candidates);
  const orphans = masksWithoutImage(images, candidates);
  if (given !== null && masks.size === 0 && given.images.length > 0 && defective.length > 0)
    context.report?.(describeStrangeMasks(defective, given.images));
  else if (given !== null) reportOrphans(maskFolder as string, orphans, context);
  const masksLieIn = maskFolder ?? (beside.length > 0 ? test : null);
  const ofNominal = allMasksOf(
    images.filter((image) => kindOf(image) === good),
    candidates,
  );
  const pathsOf = (image: string, found: ReadonlyMap<string, readonly string[]>) =>
    masksLieIn === null ? [] : (found.get(image) ?? []).map((mask) => join(masksLieIn, mask));
  const files = images.map((image): ImageFile => {
    const sample = { id: `${name}/${image}`, path: join(test, image) };
    if (kindOf(image) === good)
      return { ...sample, label: 0, defect: 'good', unreadMasks: pathsOf(image, ofNominal) };
    const defect = normalizedName(kindOf(image));
    return { ...sample, label: 1, defect, maskPaths: pathsOf(image, masks) };
  });
  const leftOut = [...below(name, found), ...(given === null ? [] : below(groundTruth as string, given))];
  const strayMasks = masksLieIn === null ? [] : orphans.map((mask) => join(masksLieIn, mask));
  return { files, leftOut, maskFolder: masksLieIn, strayMasks };
}

/** A dataset may say that masks lie where there are none. */
const masksIn = async (folder: string): Promise<FoundImages> =>
  (await foldersIn(dirname(folder))).includes(basename(folder))
    ? imagesBelow(folder)
    : { images: [], leftOut: [] };

function reportOrphans(folder: string, orphans: readonly string[], { report }: PartContext): void {
  if (orphans.length === 0) return;
  report?.(
    `Masks of no image, which nothing is measured with: ${orphans.length}, the first is ${join(folder, orphans[0] as string)}.`,
  );
}

/** Why none of the masks belongs to an image. */
function describeStrangeMasks(images: readonly string[], masks: readonly string[]): string {
  const [image] = images as [string];
  return `No mask belongs to an image: that of ${image} would be ${withoutExtension(image)}_mask.png or ${withoutExtension(image)}.png, but there is ${masks[0]}.`;
}
