/** A complete run, as its directory tells it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ConfigurationError,
  DataError,
  type DataFingerprint,
  type EpochRecord,
  type ResolvedExperiment,
} from '@adfw/core';
import {
  type RunReport,
  readAnomalyMaps,
  readDataRecord,
  readManifest,
  readRunExperiment,
  runPaths,
} from '@adfw/runner';
import { type ImageScore, readScores } from './scores-file.js';

export interface RunRecord {
  readonly folder: string;
  readonly experiment: ResolvedExperiment;
  readonly report: RunReport;
  readonly thresholds: { readonly deployed: number | null; readonly benchmark: number | null };
  readonly scores: readonly ImageScore[];
  readonly heldOutScores: readonly number[];
  readonly history: readonly EpochRecord[];
  /** What it was trained and tested on; null where an earlier version made it, which kept no record. */
  readonly data: DataFingerprint | null;
  /** Whether its model has anomaly maps, and not scores alone; where the model is gone it is taken to have them. */
  readonly hasMaps: boolean;
  /** null where the run saved none. */
  readonly maps: Awaited<ReturnType<typeof readAnomalyMaps>>;
}

/**
 * @throws ConfigurationError where the folder is no run directory, or its run is not complete; DataError that names a file which is
 * damaged.
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const paths = runPaths(folder);
  const experiment = (await readRunExperiment(folder)) as ResolvedExperiment;
  if (!existsSync(paths.metrics))
    throw new ConfigurationError(
      `The run in ${folder} is not complete, so there is nothing to report yet. Finish it with adfw run --resume ${folder}.`,
    );
  const model = existsSync(join(paths.model, 'manifest.json')) ? await readManifest(folder) : null;
  const report = await readMetrics(paths.metrics);
  const { threshold, deployed } = report.metrics;
  return {
    folder,
    experiment,
    report,
    thresholds: {
      deployed: model ? model.thresholds.deployed : (deployed?.threshold ?? null),
      benchmark: threshold,
    },
    scores: await readScores(paths.scores),
    heldOutScores: model?.heldOutScores ?? [],
    history: await readHistory(paths.training),
    data: await readDataRecord(paths.data),
    hasMaps: model?.mapRange !== null,
    maps: await readAnomalyMaps(paths.anomalyMaps),
  };
}

async function readMetrics(path: string): Promise<RunReport> {
  const report = parsed(path, await readFile(path, 'utf8')) as Partial<RunReport> | null;
  for (const key of ['dataset', 'metrics', 'timings', 'engine', 'training'] as const)
    if (typeof report?.[key] !== 'object' || report[key] === null)
      throw new DataError(
        `${path} is not the result of a run: it has no "${key}". Run the experiment again.`,
      );
  return report as RunReport;
}

/** `train.jsonl`; a run whose file is gone has no training curves. */
async function readHistory(path: string): Promise<EpochRecord[]> {
  if (!existsSync(path)) return [];
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, index) => parsed(`${path}, line ${index + 1},`, line) as EpochRecord);
}

function parsed(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(`${what} is damaged: ${(error as Error).message}. Run the experiment again.`, {
      cause: error,
    });
  }
}
