import { type Dataset, openDataset as openWith, type ResolvedExperiment } from '@adfw/core';
import { loadRegistry } from '../plugins/plugins.js';

/**
 * The dataset of an experiment, without its model; the experiment's own plugins are loaded for it.
 * @throws ConfigurationError where the experiment names none, or its folders are not there; DataError where no image can be read; the
 * signal's reason when it is aborted.
 */
export async function openDataset(
  experiment: ResolvedExperiment,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Dataset> {
  const registry = await loadRegistry(experiment.plugins);
  return openWith(registry, experiment, signal ? { signal } : {});
}
