/** The categories of a dataset: which there are its part says, which is meant is found here. */
import { ConfigurationError } from '../contracts/errors.js';
import type { PartChoice } from '../contracts/part.js';
import { nearestName } from '../plugins/nearest-name.js';
import { normalizedName } from '../plugins/normalized-name.js';
import { findPart, type Registry } from '../plugins/registry.js';

/**
 * The categories that a dataset has where its options say, whichever of them these name; null where it has none.
 * @param choice with all its options.
 * @throws ConfigurationError where there is no such dataset, or its folder is not laid out as it should be.
 */
export async function datasetCategories(
  registry: Registry,
  { type, ...options }: PartChoice,
): Promise<readonly string[] | null> {
  const { part } = findPart(registry, 'dataset', type);
  return (await part.categories?.({ ...options, category: null })) ?? null;
}

/**
 * Which of the categories is meant, as the dataset spells it.
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
