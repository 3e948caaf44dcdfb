/** The dataset `real-iad`: objects seen from five sides, listed in a JSON file for each category. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigurationError, type Dataset, findCategory, type Part, type PartContext } from '@adfw/core';
import { describeContents, foldersIn } from '@adfw/images';
import { categoryOption, filesIn } from './categories.js';
import { type FileDatasetOptions, fileDatasetOptions } from './file-dataset.js';
import { type ListedImage, listedDataset } from './listed-dataset.js';

export interface RealIadOptions extends FileDatasetOptions {
  /** The folder with `realiad_jsons` and the folders of images. */
  readonly root: string;
  readonly category: string | null;
  readonly split: string;
  readonly images: string | null;
}

const LISTS = 'realiad_jsons';

export const realIadDataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'real-iad',
  summary:
    'Real-IAD: 30 kinds of objects, each seen from five sides; its JSON files say where images and masks are.',
  reference:
    'Wang et al., Real-IAD: A Real-World Multi-View Dataset for Benchmarking Versatile Industrial Anomaly Detection, CVPR 2024',
  options: {
    root: {
      type: 'string',
      format: 'path',
      description: `The folder with ${LISTS} and a folder of images, such as realiad_1024.`,
    },
    category: categoryOption,
    split: {
      type: 'string',
      default: LISTS,
      description: `Which folder of ${LISTS} has the lists: ${LISTS}, or realiad_jsons_sv, of a single view.`,
    },
    images: {
      type: ['string', 'null'],
      default: null,
      description: 'Which folder of root has the images, where there are several: realiad_1024.',
    },
    ...fileDatasetOptions,
  },
  required: ['root'],
  categories: async (options: RealIadOptions) => namesOf((await listsOf(options)).files),
  create: createRealIadDataset,
};

/**
 * Opens Real-IAD. Sample ids are the paths of the list, below the folder of images (`audiojack/OK/S0001/…_C1_….jpg`); the group of a sample is
 * the folder of its object (`audiojack/OK/S0001`), and its view the camera (`C1`).
 * @throws ConfigurationError that names the list, or its entry, where something is missing or wrong.
 */
export async function createRealIadDataset(options: RealIadOptions, context: PartContext): Promise<Dataset> {
  const { root } = options;
  const { folder, files } = await listsOf(options);
  const category = findCategory(options.category, namesOf(files), folder);
  const list = join(folder, `${category}.json`);
  const pictures = join(root, await imageFolder(options));
  return listedDataset(
    { name: basename(resolve(root)), category, file: list, images: await imagesOf(list, pictures) },
    options,
    context,
  );
}

const namesOf = (files: readonly string[]): string[] => files.map((file) => basename(file, '.json'));

/** The lists of a split; the folder in which archives have them may be left out. */
async function listsOf({ root, split }: Pick<RealIadOptions, 'root' | 'split'>) {
  const outer = join(root, LISTS);
  if (!(await foldersIn(root)).includes(LISTS))
    throw new ConfigurationError(
      `${root} has no folder ${LISTS}, whose lists say which images are trained on: ${await describeContents(root)}.`,
    );
  const inner = await foldersIn(outer);
  if (inner.length > 0 && !inner.includes(split))
    throw new ConfigurationError(`There are no lists ${split} in ${outer}; there are ${inner.join(', ')}.`);
  const folder = inner.length > 0 ? join(outer, split) : outer;
  const files = await filesIn(folder, '.json');
  if (files.length === 0)
    throw new ConfigurationError(
      `There is no list of a category in ${folder}, such as audiojack.json: ${await describeContents(folder)}.`,
    );
  return { folder, files };
}

async function imageFolder({ root, images }: RealIadOptions): Promise<string> {
  const folders = await foldersIn(root);
  const candidates = folders.filter((name) => name !== LISTS && name.startsWith('realiad_'));
  const [only, ...others] = images === null ? candidates : folders.filter((name) => name === images);
  if (only === undefined)
    throw new ConfigurationError(
      `${root} has no folder of images ${images ?? 'such as realiad_1024'}: ${await describeContents(root)}.`,
    );
  if (others.length > 0)
    throw new ConfigurationError(
      `${root} has several folders of images, ${candidates.join(', ')}: choose with --set dataset.images=${only}.`,
    );
  return only;
}

interface Entry {
  readonly image_path?: unknown;
  readonly mask_path?: unknown;
  readonly anomaly_class?: unknown;
}

async function imagesOf(list: string, pictures: string): Promise<ListedImage[]> {
  let content: { meta?: { prefix?: unknown; normal_class?: unknown } } & Partial<
    Record<'train' | 'test', unknown>
  >;
  try {
    content = JSON.parse(await readFile(list, 'utf8'));
  } catch (error) {
    throw new ConfigurationError(`${list} cannot be read: ${(error as Error).message}.`, [], {
      cause: error,
    });
  }
  const { prefix = '', normal_class: nominal = 'OK' } = content?.meta ?? {};
  return (['train', 'test'] as const).flatMap((split) => {
    const entries = content?.[split];
    if (!Array.isArray(entries)) throw new ConfigurationError(`${list} has no list "${split}" of images.`);
    return entries.map((entry: Entry | null, index): ListedImage => {
      const where = `entry ${index + 1} of "${split}" in ${list}`;
      const { image_path: image, mask_path: mask, anomaly_class: kind } = entry ?? {};
      for (const [name, value] of Object.entries({ image_path: image, anomaly_class: kind }))
        if (typeof value !== 'string' || value === '')
          throw new ConfigurationError(`Found no ${name} in ${where}.`);
      const id = `${prefix}${image}`;
      const view = /_(C\d+)_[^/]*$/.exec(id)?.[1];
      return {
        where,
        id,
        path: join(pictures, id),
        split,
        label: kind === nominal ? 0 : 1,
        defect: kind as string,
        maskPath: typeof mask === 'string' && mask !== '' ? join(pictures, `${prefix}${mask}`) : null,
        group: dirname(id),
        ...(view !== undefined && { view }),
      };
    });
  });
}
