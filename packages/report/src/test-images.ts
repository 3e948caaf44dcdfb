/** The test images and masks of a run's dataset, which may have been moved, changed or deleted since. */
import {
  type Dataset,
  findPart,
  type Mask,
  normalizedName,
  type ResolvedExperiment,
  type RgbImage,
} from '@adfw/core';
import { loadRegistry } from '@adfw/runner';

export interface TestImages {
  /** Why the dataset cannot be read; null where it can. */
  readonly fault: string | null;
  /** null for an image that is not there any more, or cannot be read. */
  image(id: string): Promise<RgbImage | null>;
  /** null where it is not known. */
  mask(id: string): Promise<Mask | null>;
}

export async function openTestImages(
  { dataset, plugins = [], seed, layers }: ResolvedExperiment,
  signal?: AbortSignal,
): Promise<TestImages> {
  let opened: Dataset;
  try {
    if (!dataset) throw new Error('The experiment names no dataset.');
    const { type, ...options } = dataset;
    const { part } = findPart(await loadRegistry(plugins), 'dataset', type);
    opened = await part.create(options, { seed, layers, ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    const nothing = async () => null;
    return { fault: (error as Error).message, image: nothing, mask: nothing };
  }
  const samples = new Map(opened.test.map((sample) => [normalizedName(sample.id), sample]));
  const read = async <T>(id: string, how: (sample: Dataset['test'][number]) => Promise<T>) => {
    const sample = samples.get(normalizedName(id));
    if (!sample) return null;
    return how(sample).catch(() => {
      signal?.throwIfAborted();
      return null;
    });
  };
  return {
    fault: null,
    image: (id) => read(id, (sample) => opened.image(sample)),
    mask: (id) => read(id, (sample) => opened.mask(sample)),
  };
}
