import { ConfigurationError, type Dataset, findPart, type ResolvedExperiment } from '@adfw/core';
import { loadRegistry } from '../plugins/plugins.js';

/**
 * The dataset of an experiment, without its networks.
 * @throws ConfigurationError where the experiment names none, or its folders are not there; DataError where no image can be read; the
 * signal's reason when it is aborted.
 */
export async function openDataset(
  { dataset, plugins = [], seed, layers }: ResolvedExperiment,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Dataset> {
  if (!dataset) throw new ConfigurationError('The experiment names no dataset.');
  const { type, ...options } = dataset;
  const { part } = findPart(await loadRegistry(plugins), 'dataset', type);
  return part.create(options, { seed, layers, ...(signal && { signal }) });
}
