/** Where another machine has the files that an experiment names. */
import { type Registry, type ResolvedExperiment, resolvePaths } from '@adfw/core';
import { absolutePlugin, loadRegistry, placeOption } from '@adfw/runner';

export interface Places {
  /** Where the images of all datasets are, in place of where the experiments say. */
  readonly data?: string;
  /** Beginnings of paths there, and what stands for them here; the first that fits counts. */
  readonly moved?: readonly { readonly from: string; readonly to: string }[];
}

/**
 * The experiment as it is on this machine: its dataset, weights and plugins where they are here.
 * @throws ConfigurationError where a plugin cannot be loaded.
 */
export async function placedHere(
  experiment: ResolvedExperiment,
  { data, moved = [] }: Places,
): Promise<{ registry: Registry; experiment: ResolvedExperiment }> {
  const here = (path: string): string => {
    const found = moved.find(({ from }) => path === from || path.startsWith(withSlash(from)));
    return found === undefined ? path : `${found.to}${path.slice(found.from.length)}`;
  };
  const plugins = experiment.plugins?.map((plugin) => here(absolutePlugin(plugin)));
  const registry = await loadRegistry(plugins);
  const placed = resolvePaths({ ...experiment, ...(plugins && { plugins }) }, registry, here);
  const { dataset } = placed;
  if (data === undefined || !dataset) return { registry, experiment: placed };
  const place = placeOption(registry, dataset.type);
  if (typeof dataset[place] !== 'string') return { registry, experiment: placed };
  return { registry, experiment: { ...placed, dataset: { ...dataset, [place]: data } } };
}

/** `/data` is no beginning of `/database`. */
const withSlash = (path: string): string => (/[\\/]$/.test(path) ? path : `${path}/`);
