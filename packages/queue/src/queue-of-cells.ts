/** The benchmark's side: puts cells into the queue, and waits for what becomes of them. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CellWorkers } from '@adfw/benchmark';
import { ConfigurationError } from '@adfw/core';
import { type RunReport, writeFile } from '@adfw/runner';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type AwaitedCell, type AwaitedCells, type CellJobs, lookAt, putBackLost } from './awaited-cells.js';
import {
  type CellJob,
  FOLDER_FILE,
  jobId,
  notesKey,
  PREFIX,
  queueName,
  VERSION,
  VERSIONS,
} from './cell-job.js';
import { connectRedis, serverName } from './redis.js';
import { throttled } from './throttled.js';
import { livingWorkers, workersRoll } from './workers.js';

export interface QueueOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  /** The benchmark's folder. */
  readonly folder: string;
  /** How often a cell that failed is tried again. */
  readonly retries: number;
  /** Workers that come and go, and what they have to say. */
  readonly onNote?: (message: string, kind: 'note' | 'warning') => void;
  /** Of this adfw; tests pretend to be others. */
  readonly version?: string;
  readonly pollMilliseconds?: number;
}

export interface QueueOfCells extends CellWorkers {
  /** Leaves the queue: cells stay in it, workers go on with them, and whoever opens it again for the same folder finds them. */
  close(): Promise<void>;
}

/**
 * Opens the queue on a server, for the cells of a benchmark.
 * @throws ConfigurationError where the server cannot be used, or all workers there are of another version of adfw.
 */
export async function openQueue(options: QueueOptions): Promise<QueueOfCells> {
  const { url, folder, retries, onNote, version = VERSION, pollMilliseconds = 1000 } = options;
  const server = serverName(url);
  const warn = throttled((error) => onNote?.(`${server}: ${error.message}`, 'warning'));
  const redis = await connectRedis(url, warn);
  await refuseOtherWorkers(redis, server, version);
  const queue: CellJobs = new Queue(queueName(version), { connection: redis, prefix: PREFIX });
  queue.on('error', warn);
  let benchmark: Promise<string> | undefined;
  const benchmarkId = () => {
    benchmark ??= folderId(folder).then(async (id) => {
      await redis.sadd(VERSIONS, version);
      return id;
    });
    return benchmark;
  };
  const awaited: AwaitedCells = {
    redis,
    queue,
    cells: new Map(),
    put: ({ id, job }) =>
      queue.add('cell', job, {
        jobId: id,
        attempts: retries + 1,
        backoff: { type: 'fixed', delay: pollMilliseconds },
      }),
  };
  const callTheRoll = workersRoll({ redis, server, version, onNote });
  let looks = 0;
  const look = async () => {
    await lookAt(awaited);
    for (const note of (await redis.lpop(notesKey(await benchmarkId()), 100)) ?? [])
      onNote?.(note, 'warning');
    if (looks++ % 10 !== 0) return;
    await callTheRoll();
    await putBackLost(awaited);
  };
  const closing = new AbortController();
  let looking: Promise<void> | undefined;
  const keepLooking = async () => {
    while (!closing.signal.aborted) {
      await look().catch((error) => {
        if (!closing.signal.aborted) warn(error as Error);
      });
      await sleep(pollMilliseconds, undefined, { signal: closing.signal }).catch(() => {});
    }
  };

  return {
    async run(task, options) {
      const { signal } = options;
      const job: CellJob = {
        benchmark: await benchmarkId(),
        folder: relative(folder, task.folder).split(sep).join('/'),
        experiment: task.experiment,
        engine: task.engine,
      };
      const ended = awaitCell(awaited.cells, { id: jobId(job), job, task, options });
      // Nobody may wait for it any more when this throws.
      ended.catch(() => {});
      signal?.throwIfAborted();
      await awaited.put(awaited.cells.get(jobId(job)) as AwaitedCell);
      looking ??= keepLooking();
      return ended;
    },
    async close() {
      closing.abort();
      // A server that is away keeps nobody waiting.
      await Promise.race([looking, sleep(2000)]);
      await Promise.race([queue.close().then(() => redis.quit()), sleep(2000)]).catch(() => {});
      redis.disconnect();
    },
  };
}

/** @returns what becomes of the cell; the signal's reason as soon as it is aborted. */
function awaitCell(
  cells: AwaitedCells['cells'],
  cell: Pick<AwaitedCell, 'id' | 'job' | 'task' | 'options'>,
): Promise<RunReport> {
  const { signal } = cell.options;
  let leave = () => {};
  return new Promise<RunReport>((resolve, reject) => {
    cells.set(cell.id, { ...cell, resolve, reject, worker: null, said: 0, missed: 0 });
    leave = () => {
      cells.delete(cell.id);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', leave);
  }).finally(() => signal?.removeEventListener('abort', leave));
}

/** @throws ConfigurationError where there are workers, and none of this version. */
async function refuseOtherWorkers(redis: Redis, server: string, version: string): Promise<void> {
  const others = await livingWorkers(redis);
  if (others.length === 0 || others.some((worker) => worker.version === version)) return;
  await redis.quit();
  const found = [...new Set(others.map((worker) => worker.version))].join(', ');
  throw new ConfigurationError(
    `The workers at ${server} are of adfw ${found}, and this is adfw ${version}: numbers of one table must come from the same version. Install the same one on both.`,
  );
}

/** What the benchmark's folder is known by on all machines: made by the first call. */
async function folderId(folder: string): Promise<string> {
  const path = join(folder, FOLDER_FILE);
  const before = await readFile(path, 'utf8').catch(() => '');
  if (/^[0-9a-f]{16}$/.test(before.trim())) return before.trim();
  const id = randomBytes(8).toString('hex');
  await writeFile(path, `${id}\n`);
  return id;
}
