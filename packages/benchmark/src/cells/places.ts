/** Where another machine has the files that an experiment names. */
import { type Registry, type ResolvedExperiment, resolvePaths } from '@adfw/core';
import { absolutePlugin, placeOption } from '@adfw/runner';

export interface Places {
  /** Where the images of all datasets are, in place of where the experiments say. */
  readonly data?: string;
  /** Beginnings of paths there, and what stands for them here; the first that fits counts. */
  readonly moved?: readonly { readonly from: string; readonly to: string }[];
}

/** The experiment's plugins where they are on this machine. */
export const pluginsHere = ({ plugins = [] }: ResolvedExperiment, places: Places): string[] =>
  plugins.map((plugin) => pathHere(absolutePlugin(plugin), places));

/**
 * The experiment with its dataset, weights and plugins where they are on this machine.
 * @param registry with the plugins.
 */
export function placedHere(
  experiment: ResolvedExperiment,
  registry: Registry,
  places: Places,
): ResolvedExperiment {
  const plugins = experiment.plugins && { plugins: pluginsHere(experiment, places) };
  const placed = resolvePaths({ ...experiment, ...plugins }, registry, (path) => pathHere(path, places));
  const { dataset } = placed;
  if (places.data === undefined || !dataset) return placed;
  const place = placeOption(registry, dataset.type);
  if (typeof dataset[place] !== 'string') return placed;
  return { ...placed, dataset: { ...dataset, [place]: places.data } };
}

function pathHere(path: string, { moved = [] }: Places): string {
  const found = moved.find(({ from }) => path === from || path.startsWith(withSlash(from)));
  return found === undefined ? path : `${found.to}${path.slice(found.from.length)}`;
}

/** `/data` is no beginning of `/database`. */
const withSlash = (path: string): string => (/[\\/]$/.test(path) ? path : `${path}/`);
