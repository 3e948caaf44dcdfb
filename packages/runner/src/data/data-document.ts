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
    const { options = {}, required = [] } = findPart(registry, 'dataset', dataset).part;
    const place = required.find((name) => (options[name] as { format?: unknown })?.format === 'path');
    return { dataset: { type: dataset, [place ?? 'root']: path } };
  };
