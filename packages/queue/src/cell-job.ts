/** What lies in the queue: a job a cell, of an id that tells what it is. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { EngineChoice } from '@adfw/benchmark';
import type { ResolvedExperiment } from '@adfw/core';
import type { RunEvent, RunReport } from '@adfw/runner';

/** Of all packages of adfw. */
export const VERSION: string = createRequire(import.meta.url)('../package.json').version;

/** Before all names in Redis. */
export const PREFIX = 'adfw';

/** Cells of one version: another computes otherwise, or does not know what they ask for. */
export const queueName = (version: string): string => `cells-${version}`;

/** The versions of benchmarks that have used the server. */
export const VERSIONS = `${PREFIX}:versions`;

/** What workers have to say to a benchmark. */
export const notesKey = (benchmark: string): string => `${PREFIX}:notes:${benchmark}`;

/** In a benchmark's folder; what it holds tells workers that a folder of theirs is the same one. */
export const FOLDER_FILE = '.adfw-queue';

export interface CellJob {
  /** What {@link FOLDER_FILE} holds. */
  readonly benchmark: string;
  /** Of the run, below the benchmark's folder, with slashes. */
  readonly folder: string;
  readonly experiment: ResolvedExperiment;
  readonly engine: EngineChoice;
}

/** The same cell of the same benchmark has the same one: putting it into the queue again is putting nothing into it. */
export const jobId = (job: CellJob): string =>
  createHash('sha256').update(JSON.stringify(job)).digest('hex').slice(0, 32);

/** What a worker says of the cell it runs. */
export interface CellProgress {
  readonly worker: string;
  /** Whether it goes on with a run that another, or an earlier call, began. */
  readonly resumed: boolean;
  /** The latest that is no message. */
  readonly event: RunEvent | null;
  /** All messages and warnings so far. */
  readonly said: readonly RunEvent[];
}

export interface CellResult {
  readonly worker: string;
  readonly report: RunReport;
  /** The files of its folder, which lie in Redis; null where it ran in the benchmark's folder. */
  readonly files: readonly StoredFile[] | null;
}

export interface StoredFile {
  /** Below the folder, with slashes. */
  readonly path: string;
  readonly bytes: number;
}
