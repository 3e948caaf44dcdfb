/** Whether runs that were begun by an earlier call are of the images and masks that there are now. */
import {
  ConfigurationError,
  changesText,
  type DataChanges,
  DataError,
  type DataFingerprint,
  dataChanges,
  firstOf,
  type ResolvedExperiment,
} from '@adfw/core';
import { openDataset, readData, readDataRecord, runPaths } from '@adfw/runner';
import type { BegunRun } from './cell-task.js';

export interface CheckDataOptions {
  /** Images whose checksums were taken; of one dataset after the other. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Compares what runs keep of their data with what it is now. The files of a dataset are read once, however many runs are of it.
 * @returns what could not be compared, a sentence each.
 * @throws ConfigurationError that names the runs, and what was changed since; the signal's reason when it is aborted.
 */
export async function checkRunData(runs: readonly BegunRun[], options: CheckDataOptions): Promise<string[]> {
  const known = new Map<string, Promise<DataFingerprint | string>>();
  const dataNow = (experiment: ResolvedExperiment, ...key: unknown[]) => {
    const name = JSON.stringify(key);
    const data = known.get(name) ?? fingerprintNow(experiment, options);
    known.set(name, data);
    return data;
  };
  const faults = new Set<string>();
  const unrecorded: string[] = [];
  const changed: { path: string; what: string }[] = [];
  for (const { path, experiment, isComplete } of runs) {
    const before = await readDataRecord(runPaths(path).data);
    if (before === null) {
      unrecorded.push(path);
      continue;
    }
    const { plugins, dataset, seed } = experiment;
    const changesOf = async (...key: unknown[]) => {
      const now = await dataNow(experiment, ...key);
      if (typeof now !== 'string') return differenceText(dataChanges(before, now), isComplete);
      faults.add(now);
      return null;
    };
    // A dataset of a plugin may be another one for another seed.
    const what = (await changesOf(plugins, dataset)) && (await changesOf(plugins, dataset, seed));
    if (what) changed.push({ path, what });
  }
  const [first] = changed;
  if (first)
    throw new ConfigurationError(
      `What was run is not of the data that there is now: since ${first.path} was begun, ${first.what}. Put it back as it was, name another folder with --out, or remove what is to be run again: ${firstOf(changed.map(({ path }) => path))}.`,
    );
  return [
    ...[...faults].map(
      (fault) => `Whether complete runs are of the data that there is now is not known. ${fault}`,
    ),
    ...(unrecorded.length > 0
      ? [
          `An earlier version of adfw ran ${firstOf(unrecorded)} and kept no record of the images: whether they were changed since is not known.`,
        ]
      : []),
  ];
}

/** What it is, or why it cannot be read. */
async function fingerprintNow(
  experiment: ResolvedExperiment,
  { onProgress, signal }: CheckDataOptions,
): Promise<DataFingerprint | string> {
  try {
    return await readData(await openDataset(experiment, { signal }), null, {
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ConfigurationError || error instanceof DataError) return error.message;
    throw error;
  }
}

function differenceText(changes: DataChanges, isComplete: boolean): string | null {
  const { masks } = changes;
  const what = changesText(changes);
  if (what !== '') return what;
  return isComplete && masks.length > 0 ? `masks were changed (${firstOf(masks)})` : null;
}
