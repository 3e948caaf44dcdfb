/** Runs a grid, one run after the other or several at a time, and keeps its tables up to date. */
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import {
  createFolder,
  type RunEvent,
  type RunReport,
  readRunExperiment,
  runPaths,
  whileClaimed,
} from '@adfw/runner';
import type { BenchmarkReport, CellReport, MethodReport } from './benchmark-report.js';
import type { BegunRun, EngineChoice } from './cells/cell-task.js';
import { type CellOptions, checkExperiments, compareData, runCell } from './cells/run-cell.js';
import { allDifferences } from './differences.js';
import { expectedSeconds } from './expected-time.js';
import type { Cell, Grid } from './grid.js';
import { refuseOtherBenchmark, saveBenchmark } from './save-benchmark.js';
import { type Shard, shardOf } from './shard.js';

export type BenchmarkEvent =
  /** How many runs there are, how many of them are complete from an earlier call, and how many are done at a time;
   *  null where that is for other machines to know. */
  | { type: 'planned'; total: number; complete: number; jobs: number | null }
  | { type: 'checking' }
  /** Images whose checksums are compared with those of runs that were begun by an earlier call. */
  | { type: 'comparing'; done: number; total: number }
  | { type: 'warning'; message: string }
  /** Something to know of the machines that run cells. */
  | { type: 'note'; message: string }
  /** A run begins, or is begun again by another worker; `number` counts from 1. */
  | { type: 'begun'; cell: Cell; number: number; total: number; resumed: boolean; worker?: string }
  /** The seconds are expected, of this whole run and of all that have not begun; null where no run is complete to judge by. */
  | {
      type: 'running';
      cell: Cell;
      number: number;
      total: number;
      event: RunEvent;
      ownSeconds: number | null;
      laterSeconds: number | null;
    }
  | { type: 'ended'; cell: Cell; number: number; total: number; outcome: CellReport };

export interface BenchmarkOptions {
  readonly grid: Grid;
  /** The benchmark's folder, new or one that the same benchmark was run in. */
  readonly folder: string;
  readonly engine: EngineChoice;
  /**
   * Runs the cells of this part of the grid alone, and writes no tables, so that other calls can run the other parts in the same folder
   * at the same time; the report is of these cells.
   */
  readonly shard?: Shard;
  /** How many runs are done at a time, 1 by default; where the engine's threads are not given, they are divided among them. */
  readonly jobs?: number;
  readonly onProgress?: (event: BenchmarkEvent) => void;
  readonly signal?: AbortSignal;
  /** Runs cells on other machines, all that are left at once, in place of processes of this one. */
  readonly workers?: CellWorkers;
  /** How cells are checked, compared and run: in processes of their own. */
  readonly processes?: Partial<typeof ownProcesses>;
}

/** Runs cells elsewhere. */
export interface CellWorkers {
  /** Like {@link runCell}, but that it may take a while until it is begun, and that another may go on with it. */
  run(task: Parameters<typeof runCell>[0], options: RemoteCellOptions): Promise<RunReport>;
}

export interface RemoteCellOptions extends CellOptions {
  /** A worker has begun, or goes on. */
  onBegun(worker: string, resumed: boolean): void;
}

const ownProcesses = { check: checkExperiments, compare: compareData, run: runCell };

/**
 * Runs what is not complete yet: a run that was interrupted, or has failed, goes on from its last epoch. Run directories lie in
 * `folder/METHOD/CATEGORY/SEED`. A failed run does not stop the others. The tables and `bench.json` are written before the first
 * run and after each.
 * @throws ConfigurationError before anything is run, where a run directory was made by another experiment or engine, or of other
 *   images or masks than there are now, a file is in the way that is of no benchmark, an experiment cannot be run at all, or another
 *   process runs a benchmark in the folder; DataError where the tables cannot be written; the signal's reason when it is aborted: the
 *   same call then goes on. All runs have stopped when it throws.
 */
export async function runBenchmark(options: BenchmarkOptions): Promise<BenchmarkReport> {
  const { folder, engine, onProgress, signal, shard, workers, jobs = 1 } = options;
  const grid = shard ? shardOf(options.grid, shard) : options.grid;
  const { check, compare, run } = { ...ownProcesses, ...options.processes };
  const stopping = signal && { signal };
  await refuseOtherBenchmark(folder);
  const begun = await benchmarkSoFar(grid, folder, engine);
  for (const message of grid.notes) onProgress?.({ type: 'warning', message });
  const total = grid.cells.length;
  const left = grid.cells.filter((_, index) => begun.runs[index]?.status === 'pending');
  const atOnce = Math.max(1, workers ? left.length : Math.min(jobs, left.length));
  onProgress?.({ type: 'planned', total, complete: total - left.length, jobs: workers ? null : jobs });
  const earlier = begunRuns(begun, grid);
  const notes =
    earlier.length === 0
      ? []
      : await compare(earlier, {
          onProgress: (event) => {
            if (event.type === 'images') onProgress?.({ ...event, type: 'comparing' });
          },
          ...stopping,
        });
  for (const message of notes) onProgress?.({ type: 'warning', message });
  if (left.length > 0) {
    onProgress?.({ type: 'checking' });
    await check({ engine, experiments: left }, { ...stopping });
  }
  await createFolder(folder, "The benchmark's folder");
  // Of the folder of a shard others have the rest, and each run claims its own directory.
  const claimed = shard ? <T>(_folder: string, work: () => Promise<T>) => work() : whileClaimed;
  const saveReport = shard ? async () => undefined : saveBenchmark;
  return claimed(folder, async () => {
    let report = begun;
    await saveReport(report);
    let saved = Promise.resolve();
    /** One after the other: an older report never replaces a newer one. */
    const save = () => {
      saved = saved.then(() => saveReport(report));
      return saved;
    };
    const begunNow = new Set<Cell>();
    const runOne = async (cell: Cell, signal: AbortSignal): Promise<void> => {
      const path = join(folder, cell.folder);
      let number = 0;
      const place = () => {
        if (number === 0) number = total - left.length + begunNow.add(cell).size;
        return { cell, number, total };
      };
      const begins = (resumed: boolean, worker?: string) =>
        onProgress?.({ type: 'begun', ...place(), resumed, ...(worker !== undefined && { worker }) });
      const task = {
        engine,
        experiment: cell.experiment,
        folder: path,
        ...(!workers && threadsEach(atOnce)),
      };
      const running = {
        signal,
        onProgress: (event: RunEvent) =>
          onProgress?.({
            type: 'running',
            ...place(),
            event,
            ownSeconds: expectedSeconds(report.runs, [cell]),
            laterSeconds: expectedSeconds(
              report.runs,
              left.filter((cell) => !begunNow.has(cell)),
            ),
          }),
      };
      if (!workers) begins(existsSync(runPaths(path).experiment));
      const ran = workers
        ? workers.run(task, { ...running, onBegun: (worker, resumed) => begins(resumed, worker) })
        : run(task, running);
      const outcome = await ran.then(
        (report): CellReport => ({ ...placeOf(cell), status: 'complete', report }),
        (error: unknown): CellReport => {
          if (signal.aborted) throw error;
          return { ...placeOf(cell), status: 'failed', reason: (error as Error).message };
        },
      );
      report = withOutcome(report, grid.cells.indexOf(cell), outcome);
      await save();
      onProgress?.({ type: 'ended', ...place(), outcome });
    };
    let next = 0;
    await inLanes(atOnce, signal, async (signal) => {
      const cell = left[next++];
      if (cell === undefined) return false;
      await runOne(cell, signal);
      return true;
    });
    return report;
  });
}

/**
 * Calls `step` again and again until it gives false, `lanes` of them at a time.
 * @param step is not called when the signal that it is given is aborted, which it is as soon as one has thrown.
 * @throws what was thrown first, or the signal's reason, when all have ended.
 */
async function inLanes(
  lanes: number,
  signal: AbortSignal | undefined,
  step: (signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const failure = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
  // Each lane listens to it: beyond ten Node would take that for a leak.
  setMaxListeners(0, stopped);
  const lane = async () => {
    try {
      do stopped.throwIfAborted();
      while (await step(stopped));
    } catch (error) {
      failure.abort(error);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  failure.signal.throwIfAborted();
}

/** What a run that is one of several has of the machine's threads. */
const threadsEach = (runs: number): { threads?: number } =>
  runs > 1 ? { threads: Math.max(1, Math.floor(availableParallelism() / runs)) } : {};

const placeOf = ({ method, category, seed, folder }: Cell) => ({ method, category, seed, folder });

function begunRuns({ runs, outputDir }: BenchmarkReport, { cells }: Grid): BegunRun[] {
  return cells.flatMap(({ folder, experiment }, index) => {
    const path = join(outputDir, folder);
    if (!existsSync(runPaths(path).experiment)) return [];
    return [{ path, experiment, isComplete: runs[index]?.status === 'complete' }];
  });
}

/** What an earlier call has left in the folder. */
async function benchmarkSoFar(grid: Grid, folder: string, engine: EngineChoice): Promise<BenchmarkReport> {
  const methods = grid.methods.map((name): MethodReport => {
    const { experiment } = grid.cells.find(({ method }) => method === name) as Cell;
    return { name, experiment, cost: null };
  });
  let report: BenchmarkReport = {
    methods,
    categories: grid.categories,
    seeds: grid.seeds,
    runs: grid.cells.map((cell) => ({ ...placeOf(cell), status: 'pending' })),
    outputDir: folder,
  };
  for (const [index, cell] of grid.cells.entries()) {
    const complete = await completeRun(cell, join(folder, cell.folder), engine);
    if (complete === null) continue;
    report = withOutcome(report, index, { ...placeOf(cell), status: 'complete', report: complete });
  }
  return report;
}

/** null where there is no run or it is not complete. */
async function completeRun(cell: Cell, path: string, engine: EngineChoice): Promise<RunReport | null> {
  const { experiment, metrics } = runPaths(path);
  if (!existsSync(experiment)) return null;
  refuseOtherExperiment(cell, path, await readRunExperiment(path));
  if (!existsSync(metrics)) return null;
  const report = await readReport(metrics);
  refuseOtherEngine(path, report, engine);
  return report;
}

async function readReport(path: string): Promise<RunReport> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigurationError(
      `${path} cannot be read as the report of a run (${(error as Error).message}): remove its folder, and it is run again.`,
      [],
      { cause: error },
    );
  }
}

const anotherFolder = 'Ask for the same, or name another folder with --out.';

function refuseOtherExperiment({ experiment }: Cell, path: string, found: unknown): void {
  const different = allDifferences(experiment, found);
  if (different.length === 0) return;
  const shown = different
    .slice(0, 3)
    .map(({ path, expected, found }) => `${path} is ${json(found)} there and ${json(expected)} now`);
  const more = different.length > shown.length ? `, and ${different.length - shown.length} more` : '';
  throw new ConfigurationError(
    `${path} was run with another configuration: ${shown.join(', ')}${more}. ${anotherFolder}`,
  );
}

const json = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

function refuseOtherEngine(path: string, report: RunReport, { name, options }: EngineChoice): void {
  const asked: Readonly<Record<string, unknown>> = { ...(name !== 'auto' && { name }), ...options };
  for (const [key, value] of Object.entries(asked)) {
    const found = report.engine[key as keyof RunReport['engine']];
    if (found === value) continue;
    const what = key === 'name' ? 'engine' : key;
    throw new ConfigurationError(
      `${path} was run with another engine: ${what} is ${found} there and ${value} now. ${anotherFolder}`,
    );
  }
}

/** The report with what became of a run, and what its method costs where that was not known. */
function withOutcome(report: BenchmarkReport, index: number, outcome: CellReport): BenchmarkReport {
  const cost = outcome.status === 'complete' ? outcome.report.model : null;
  return {
    ...report,
    methods: report.methods.map((method) =>
      method.name === outcome.method ? { ...method, cost: method.cost ?? cost } : method,
    ),
    runs: report.runs.map((run, at) => (at === index ? outcome : run)),
  };
}
