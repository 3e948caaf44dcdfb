/** The cells that a benchmark waits for: how they are followed while workers have them, and taken in when they have ended. */
import { existsSync } from 'node:fs';
import type { CellTask, RemoteCellOptions } from '@adfw/benchmark';
import { type RunReport, runPaths, writeFile } from '@adfw/runner';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { CellJob, CellProgress, CellResult } from './cell-job.js';
import { FilesGoneError, fetchFiles, forgetFiles } from './stored-files.js';

export type Task = Omit<CellTask & { type: 'run' }, 'type'>;
export type CellJobs = Queue<CellJob, CellResult>;
type QueuedCell = Job<CellJob, CellResult>;

/** A cell of which the benchmark waits to hear. */
export interface AwaitedCell {
  readonly id: string;
  readonly job: CellJob;
  readonly task: Task;
  readonly options: RemoteCellOptions;
  readonly resolve: (report: RunReport) => void;
  readonly reject: (error: unknown) => void;
  /** Who has it. */
  worker: string | null;
  /** How much of what this worker said of it has been passed on. */
  said: number;
  /** How often it was looked for in vain where it is said to be. */
  missed: number;
}

export interface AwaitedCells {
  readonly redis: Redis;
  readonly queue: CellJobs;
  /** By the ids of their jobs. */
  readonly cells: Map<string, AwaitedCell>;
  /** Puts it into the queue, where it is not in it. */
  put(cell: AwaitedCell): Promise<unknown>;
}

/** Looks once at all that has changed. */
export async function lookAt(awaited: AwaitedCells): Promise<void> {
  const { queue } = awaited;
  for (const job of await queue.getActive()) follow(awaited, job);
  for (const job of await queue.getCompleted()) await takeCompleted(awaited, job);
  for (const job of await queue.getFailed()) await takeFailed(awaited, job);
}

/** Puts back what somebody else took away, or a server lost that was started anew. */
export async function putBackLost({ redis, queue, cells, put }: AwaitedCells): Promise<void> {
  for (const cell of [...cells.values()]) {
    if ((await redis.exists(queue.toKey(cell.id))) === 1 || !cells.has(cell.id)) continue;
    cell.worker = null;
    await put(cell);
  }
}

function follow({ cells }: AwaitedCells, { progress, id = '' }: QueuedCell): void {
  const cell = cells.get(id);
  if (!cell || !isProgress(progress)) return;
  const { options } = cell;
  if (cell.worker !== progress.worker) {
    cell.worker = progress.worker;
    cell.said = 0;
    options.onBegun(progress.worker, progress.resumed);
  }
  for (const event of progress.said.slice(cell.said)) options.onProgress?.(event);
  cell.said = progress.said.length;
  if (progress.event) options.onProgress?.(progress.event);
}

const isProgress = (progress: unknown): progress is CellProgress =>
  typeof progress === 'object' && progress !== null && 'worker' in progress;

/** A shared disk may show what another machine wrote a while later: how often it is looked for. */
const MOST_LOOKS = 30;

async function takeCompleted(awaited: AwaitedCells, job: QueuedCell): Promise<void> {
  const { redis, cells, put } = awaited;
  const { id = '', returnvalue: result } = job;
  // Of a short run this may be the first that is seen.
  follow(awaited, job);
  const cell = cells.get(id);
  if (!cell) return;
  const { folder } = cell.task;
  if (result.files === null && !existsSync(runPaths(folder).metrics)) {
    if (++cell.missed < MOST_LOOKS) return;
    // It was removed since.
    cell.missed = 0;
    await job.remove();
    await put(cell);
    return;
  }
  const report = { ...result.report, outputDir: folder };
  try {
    if (result.files !== null) {
      await fetchFiles(redis, id, result.files, folder);
      await writeFile(runPaths(folder).metrics, `${JSON.stringify(report, null, 2)}\n`);
    }
  } catch (error) {
    // What could not be written stays in the queue, for the next call.
    if (error instanceof FilesGoneError) await job.remove();
    cells.delete(id);
    cell.reject(error);
    return;
  }
  await forgetFiles(redis, id);
  await job.remove();
  cells.delete(id);
  cell.resolve(report);
}

async function takeFailed({ cells }: AwaitedCells, job: QueuedCell): Promise<void> {
  const { id = '', failedReason } = job;
  const cell = cells.get(id);
  if (!cell) return;
  await job.remove();
  cells.delete(id);
  const died = /stalled more than/.test(failedReason);
  cell.reject(new Error(died ? 'Its workers died, one after the other.' : failedReason));
}
