/** What several runs have to have in common to be compared, and where their verdicts differ. */
import { basename, posix, resolve, sep, win32 } from 'node:path';
import { ConfigurationError, normalizedName, type PartChoice } from '@adfw/core';
import type { RunRecord } from './run-record.js';

/** Names for runs by their folders; where some are called the same, by what their paths do not have in common. */
export function runNames(folders: readonly string[]): string[] {
  const names = folders.map((folder) => basename(resolve(folder)));
  if (new Set(names).size === names.length) return names;
  const paths = folders.map((folder) => resolve(folder).split(sep));
  const shortest = Math.min(...paths.map(({ length }) => length));
  const shared = (at: number) => paths.every((path) => path.at(at) === paths[0]?.at(at));
  let first = 0;
  while (first < shortest - 1 && shared(first)) first++;
  let last = 0;
  while (first + last < shortest - 1 && shared(-1 - last)) last++;
  return paths.map((path) => path.slice(first, path.length - last).join('/'));
}

/**
 * Refuses runs that were not tested on the same images: their results do not compare.
 * @throws ConfigurationError that says what differs.
 */
export function refuseOtherDatasets([first, ...others]: readonly RunRecord[]): void {
  if (!first) return;
  for (const other of others) {
    const difference = differenceOf(first, other);
    if (difference)
      throw new ConfigurationError(
        `${first.folder} and ${other.folder} cannot be compared, since they were tested on different images: ${difference}. Compare runs on one dataset.`,
      );
  }
}

function differenceOf(one: RunRecord, other: RunRecord): string | null {
  const [name, otherName] = [one, other].map(({ report: { dataset } }) =>
    normalizedName([dataset.name, dataset.category].filter(Boolean).join(' / ')),
  );
  if (name !== otherName) return `${name} and ${otherName}`;
  const options = differingOption(one.experiment.dataset, other.experiment.dataset);
  if (options) return options;
  if (one.scores.length !== other.scores.length)
    return `${one.scores.length} and ${other.scores.length} images`;
  const byId = new Map(other.scores.map((image) => [normalizedName(image.id), image]));
  for (const { id, label } of one.scores) {
    const same = byId.get(normalizedName(id));
    if (!same) return `only the first has ${id}`;
    if (same.label !== label) return `${id} is defective for one and nominal for the other`;
  }
  return null;
}

/** Paths may differ, since a dataset may lie elsewhere on another machine. */
function differingOption(one: PartChoice | null = null, other: PartChoice | null = null): string | null {
  const keys = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
  for (const key of keys) {
    const [value, otherValue] = [one?.[key], other?.[key]];
    if (isPath(value) && isPath(otherValue)) continue;
    const [text, otherText] = [value, otherValue].map((each) =>
      normalizedName(JSON.stringify(each) ?? 'nothing'),
    );
    if (text !== otherText) return `dataset.${key} is ${text} and ${otherText}`;
  }
  return null;
}

const isPath = (value: unknown): boolean =>
  typeof value === 'string' && (posix.isAbsolute(value) || win32.isAbsolute(value));

/** Whether runs call an image differently, at their deployed thresholds or at the benchmark's. */
export const disagree = (
  runs: readonly Pick<RunRecord, 'thresholds'>[],
  scores: readonly number[],
): boolean =>
  (['deployed', 'benchmark'] as const).some((kind) => {
    const verdicts = runs.flatMap(({ thresholds }, run) => {
      const threshold = thresholds[kind];
      return threshold === null ? [] : [(scores[run] as number) >= threshold];
    });
    return verdicts.includes(true) && verdicts.includes(false);
  });
