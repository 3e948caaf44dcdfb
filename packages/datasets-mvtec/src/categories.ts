/** What datasets with categories have in common. */
import { readdir } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { type JsonSchema, normalizedName } from '@adfw/core';
import { naturalOrder } from '@adfw/images';

/** The option of every dataset that has categories. */
export const categoryOption = {
  type: ['string', 'null'],
  default: null,
  description: 'Which category of root to take; null where root is one category itself.',
} as const satisfies JsonSchema;

/** Whether a category is called as the folder is. */
export const namesFolder = (category: string, folder: string): boolean =>
  normalizedName(category) === normalizedName(basename(resolve(folder)));

/** The files of a folder with an ending, in natural order. */
export const filesIn = async (folder: string, ending: string): Promise<string[]> =>
  (await readdir(folder))
    .filter((name) => extname(name) === ending && !name.startsWith('.'))
    .sort(naturalOrder);
