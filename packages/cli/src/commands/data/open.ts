/** Opens what is to be looked at so that nothing of it is left out, or says why it cannot be. */
import { type CategorySummary, countsOf } from '@adfw/audit';
import {
  ConfigurationError,
  DataError,
  type Dataset,
  datasetCategories,
  findCategory,
  openDataset,
  type PartChoice,
  type Registry,
} from '@adfw/core';
import type { DataRequest } from './request.js';

export interface OpenedData {
  /** null where it cannot be opened, and where one of several categories is to be chosen. */
  readonly dataset: Dataset | null;
  readonly categories: readonly CategorySummary[] | null;
  /** The category that was taken since it is the only one. */
  readonly category: string | null;
  readonly errors: readonly string[];
  readonly notes: readonly string[];
}

const nothing: OpenedData = { dataset: null, categories: null, category: null, errors: [], notes: [] };

/**
 * @throws ConfigurationError where a category is asked for that is not there; the signal's reason when it is aborted.
 */
export async function openData(
  { registry, experiment }: DataRequest,
  skipsBadImages: boolean,
  signal: AbortSignal,
): Promise<OpenedData> {
  const choice = experiment.dataset as PartChoice;
  const open = (category: unknown, notes: string[] = [], skipBadImages = false) =>
    opened(registry, { ...choice, ...(category !== undefined && { category }) }, experiment.seed, {
      notes,
      skipBadImages,
      signal,
    });
  let categories: readonly string[] | null;
  try {
    categories = await datasetCategories(registry, choice);
  } catch (error) {
    return { ...nothing, errors: [faultOf(error)] };
  }
  const { category: asked = null } = choice as { category?: string | null };
  // A name that is none of them is a mistake of who asks, not of the data.
  if (categories !== null && asked !== null) findCategory(asked, categories, describeChoice(choice));
  if (categories !== null && categories.length > 1 && asked === null) {
    const summaries: CategorySummary[] = [];
    for (const name of categories) summaries.push(await summaryOf(name, () => open(name)));
    const errors = summaries.every(({ counts }) => counts === null)
      ? [`None of the ${categories.length} categories can be opened.`]
      : [];
    return { ...nothing, categories: summaries, errors };
  }
  const only = categories?.length === 1 && asked === null ? categories[0] : undefined;
  const category = only ?? null;
  const notes: string[] = [];
  try {
    return { ...nothing, dataset: await open(only, notes), category, notes };
  } catch (error) {
    signal.throwIfAborted();
    const fault = faultOf(error);
    if (!('skipBadImages' in choice)) return { ...nothing, errors: [fault] };
    // A list of images, some of which are missing, or masks that say what is defective and cannot be read.
    const left: string[] = [];
    const rest = await open(only, left, true).catch(() => null);
    if (rest === null) return { ...nothing, errors: [fault] };
    return { ...nothing, dataset: rest, category, notes: left, errors: skipsBadImages ? [] : [fault] };
  }
}

const describeChoice = ({ type, root, file }: PartChoice): string => String(root ?? file ?? type);

function opened(
  registry: Registry,
  choice: PartChoice,
  seed: number,
  { notes, skipBadImages, signal }: { notes: string[]; skipBadImages: boolean; signal: AbortSignal },
): Promise<Dataset> {
  const dataset = 'skipBadImages' in choice ? { ...choice, skipBadImages } : choice;
  return openDataset(registry, { dataset, seed }, { report: (message) => notes.push(message), signal });
}

async function summaryOf(name: string, open: () => Promise<Dataset>): Promise<CategorySummary> {
  try {
    return { name, counts: countsOf(await open()), fault: null };
  } catch (error) {
    return { name, counts: null, fault: faultOf(error) };
  }
}

/** @throws what is no fault of the data. */
function faultOf(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof DataError)
    return error.message.replace(/^\$\.dataset \("[^"]*"\): /, '');
  throw error;
}
