/** Datasets whose images are listed in a file, which says what each is for and what it shows. */
import { stat } from 'node:fs/promises';
import { ConfigurationError, type Dataset, firstOf, normalizedName, type PartContext } from '@adfw/core';
import { type FileDatasetOptions, fileDataset, type ImageFile, type UnlabelledFile } from './file-dataset.js';

/** What a list says of an image. */
export interface ListedImage {
  /** Where it says so, as it follows "which": `line 12 of split_csv/1cls.csv`. */
  readonly where: string;
  /** The path as it is listed, with `/`. */
  readonly id: string;
  readonly path: string;
  readonly split: 'train' | 'validation' | 'test';
  /** null where it is not known. */
  readonly label: 0 | 1 | null;
  /** Of a defective image. */
  readonly defect: string;
  readonly maskPath: string | null;
  readonly group?: string;
  readonly view?: string;
}

export interface ImageList {
  readonly name: string;
  readonly category: string | null;
  /** The file it is, for messages. */
  readonly file: string;
  readonly images: readonly ListedImage[];
}

/**
 * Opens a dataset that a file lists. Defective images among those to train on and to hold out are left out, and counted in a message.
 * @throws ConfigurationError that names the line where an image is listed twice, an image or mask is missing (unless bad images are left out), or an image to train on or
 * to hold out has no label; and where there is none to train on.
 */
export async function listedDataset(
  { name, category, file, images }: ImageList,
  options: FileDatasetOptions,
  context: PartContext,
): Promise<Dataset> {
  refuseRepeated(images);
  const unlabelled = images.find(({ split, label }) => split !== 'test' && label === null);
  if (unlabelled)
    throw new ConfigurationError(
      `${unlabelled.id} is to be learnt from, but ${unlabelled.where} does not say that it is nominal: give it a label, or the split test.`,
    );
  if (!options.skipBadImages) await refuseMissing(images);
  const masked = images.filter(({ label, maskPath }) => label === 0 && maskPath !== null);
  if (masked.length > 0)
    context.report?.(
      `Masks of nominal images are not read: ${masked.length}, the first is that of ${masked[0]?.id}.`,
    );
  const labelled = (wanted: ListedImage['split']) =>
    images.filter(({ split, label }) => split === wanted && label !== null).map(fileOf);
  const train = nominalOf(labelled('train'), 'training', context);
  if (train.length === 0)
    throw new ConfigurationError(
      `${file} lists no nominal image to train on${category === null ? '' : ` of the category ${category}`}.`,
    );
  const test = labelled('test');
  const withMasks = test.some(({ maskPaths = [] }) => maskPaths.length > 0);
  return fileDataset(
    {
      name,
      category,
      train,
      validation: nominalOf(labelled('validation'), 'validation', context),
      test,
      unlabelled: images.filter(({ split, label }) => split === 'test' && label === null).map(unlabelledOf),
      maskFolder: withMasks ? file : null,
      leftOut: [],
    },
    options,
    context,
  );
}

/**
 * Of images to learn from the nominal ones; that there are others, which are not used, is reported.
 * @param what they are called: `training`.
 */
export function nominalOf(
  files: readonly ImageFile[],
  what: 'training' | 'validation',
  { report }: PartContext,
): ImageFile[] {
  const [first, ...others] = files.filter(({ label }) => label === 1);
  if (first)
    report?.(
      `Defective images among the ${what} images, which are nominal ones alone, are left out: ${others.length + 1} of ${files.length}, the first is ${first.id}.`,
    );
  return files.filter(({ label }) => label === 0);
}

function fileOf({ id, path, label, defect, maskPath, group, view }: ListedImage): ImageFile {
  const seen = { ...(group !== undefined && { group }), ...(view !== undefined && { view }) };
  if (label !== 1)
    return {
      id,
      path,
      label: 0,
      defect: 'good',
      ...seen,
      ...(maskPath !== null && { unreadMasks: [maskPath] }),
    };
  return { id, path, label, defect, ...seen, maskPaths: maskPath === null ? [] : [maskPath] };
}

const unlabelledOf = ({ id, path, group, view }: ListedImage): UnlabelledFile => ({
  id,
  path,
  label: null,
  defect: null,
  ...(group !== undefined && { group }),
  ...(view !== undefined && { view }),
});

function refuseRepeated(images: readonly ListedImage[]): void {
  const seen = new Map<string, ListedImage>();
  for (const image of images) {
    const before = seen.get(normalizedName(image.id));
    if (before)
      throw new ConfigurationError(
        `${image.id} is listed twice, by ${before.where} and by ${image.where}: list each image once.`,
      );
    seen.set(normalizedName(image.id), image);
  }
}

/** How many files are looked for at once. */
const AT_ONCE = 64;

async function refuseMissing(images: readonly ListedImage[]): Promise<void> {
  const missing: { what: string; path: string; where: string }[] = [];
  for (let start = 0; start < images.length; start += AT_ONCE) {
    const some = images
      .slice(start, start + AT_ONCE)
      .flatMap(({ path, maskPath, id, where }) => [
        { what: 'image', path, where },
        ...(maskPath === null ? [] : [{ what: `mask of ${id}`, path: maskPath, where }]),
      ]);
    const found = await Promise.all(some.map(({ path }) => isFile(path)));
    missing.push(...some.filter((_, index) => !found[index]));
  }
  const [first, ...others] = missing;
  if (first)
    throw new ConfigurationError(
      `There is no ${first.what} ${first.path}, which ${first.where} lists${others.length > 0 ? `; missing are also ${firstOf(others.map(({ path }) => path))}` : ''}.`,
    );
}

const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => null))?.isFile() ?? false;
