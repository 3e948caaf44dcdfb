import { findPart, type JsonRecord, type Registry } from '@adfw/core';
import type { DependentDocument } from '../run/prepare-experiment.js';

/** The layout that images have where nothing is said of it. */
export const usualDataset = 'mvtec';

/**
 * The dataset that images at a path are.
 * @param dataset the name of its part, which says how they are laid out: the path is what it cannot do without, the root of most.
 */
export const dataDocument =
  (path: string, dataset: string = usualDataset): DependentDocument =>
  (_draft: JsonRecord, registry: Registry) => {
    return { dataset: { type: dataset, [placeOption(registry, dataset)]: path } };
  };

/** The option of a dataset that says where its images are. */
export function placeOption(registry: Registry, dataset: string): string {
  const { options = {}, required = [] } = findPart(registry, 'dataset', dataset).part;
  return required.find((name) => (options[name] as { format?: unknown })?.format === 'path') ?? 'root';
}
