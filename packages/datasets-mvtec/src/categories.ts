/** The categories of a dataset: which there are is the dataset's own matter, which is meant is found here. */
import { readdir } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { ConfigurationError, type JsonSchema, nearestName, normalizedName } from '@adfw/core';
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

/**
 * Which of the categories is meant, as the system spells it.
 * @param where they are: a folder, a file.
 * @throws ConfigurationError that lists them where it is none of them, or none is named.
 */
export function findCategory(category: string | null, categories: readonly string[], where: string): string {
  const all = categories.join(', ');
  if (category === null)
    throw new ConfigurationError(
      `${where} holds ${categories.length === 1 ? 'a category' : 'categories'}; choose with --category: ${all}.${categories.length === 1 ? '' : ' All of them are what adfw bench is for.'}`,
    );
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
  throw new ConfigurationError(`There is no category "${category}" in ${where}; there are ${all}.${hint}`);
}

/** The files of a folder with an ending, in natural order. */
export const filesIn = async (folder: string, ending: string): Promise<string[]> =>
  (await readdir(folder))
    .filter((name) => extname(name) === ending && !name.startsWith('.'))
    .sort(naturalOrder);
