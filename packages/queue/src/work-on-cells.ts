/** The worker's side: takes cells out of the queue, one after the other or some at a time, and runs them. */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { basename, join } from 'node:path';
import { type Places, runCell } from '@adfw/benchmark';
import { ConfigurationError } from '@adfw/core';
import { isClaimedByOther, isSaid, type RunEvent, type RunReport, runPaths } from '@adfw/runner';
import { DelayedError, type Job, Queue, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  type CellJob,
  type CellProgress,
  type CellResult,
  FOLDER_FILE,
  notesKey,
  PREFIX,
  queueName,
  VERSION,
  VERSIONS,
} from './cell-job.js';
import { connectRedis, serverName } from './redis.js';
import { storeFiles } from './stored-files.js';
import { throttled } from './throttled.js';
import { sayLiving } from './workers.js';

export type WorkerEvent =
  | { type: 'waiting'; server: string; name: string }
  | { type: 'begun'; cell: string; resumed: boolean; folder: string }
  | { type: 'running'; cell: string; event: RunEvent }
  | { type: 'ended'; cell: string; report: RunReport }
  /** It is tried again, here or elsewhere, as often as the benchmark says. */
  | { type: 'failed'; cell: string; reason: string }
  /** Another has it meanwhile, or this worker stops. */
  | { type: 'given-back'; cell: string }
  | { type: 'warning'; message: string };

export interface WorkerOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  /** How many cells are run at a time, 1 by default. */
  readonly jobs?: number;
  /** Where the benchmark's folder is on this machine, where it is on a disk that both share: runs lie in it then. */
  readonly folder?: string;
  /** Where runs of other benchmarks lie until their files are in the queue. */
  readonly scratch: string;
  /** Where this machine has what experiments name. */
  readonly places?: Places;
  /** Of the engine, where the benchmark does not say; by default those of the machine, divided among the jobs. */
  readonly threads?: number;
  readonly onEvent?: (event: WorkerEvent) => void;
  /** Ends the work: what is run is given back and goes on from its last epoch elsewhere. */
  readonly signal: AbortSignal;
  /** How a cell is run: in a process of its own. */
  readonly run?: typeof runCell;
  /** Of this adfw; tests pretend to be others. */
  readonly version?: string;
  /** After how long without a sign of life a worker's cells are given to others. */
  readonly lostAfterMilliseconds?: number;
}

/** How many workers a cell may lose before it is taken for what kills them. */
const MOST_DEATHS = 10;

/** How many runs in a row may fail for what is wrong with the machine before the worker takes no more. */
const MOST_FAULTS = 3;

/**
 * Runs cells until the signal is aborted.
 * @throws ConfigurationError where the server cannot be used, all cells there are of another version of adfw, or several runs in a row
 *   could not be begun on this machine.
 */
export async function workOnCells(options: WorkerOptions): Promise<void> {
  const { url, jobs = 1, scratch, signal, onEvent, run = runCell, version = VERSION } = options;
  const { lostAfterMilliseconds = 30_000 } = options;
  const server = serverName(url);
  const warn = throttled((error) => onEvent?.({ type: 'warning', message: `${server}: ${error.message}` }));
  const redis = await connectRedis(url, warn);
  try {
    await refuseOtherVersions(redis, server, version);
    const name = `${hostname()}-${process.pid}`;
    const ending = new AbortController();
    const stopped = AbortSignal.any([signal, ending.signal]);
    let faults = 0;

    const work = async (
      job: Job<CellJob, CellResult>,
      token = '',
      lost?: AbortSignal,
    ): Promise<CellResult> => {
      const { data, id = '' } = job;
      const cell = data.folder.split('/').join(', ');
      const inPlace = options.folder !== undefined && (await isFolderOf(options.folder, data.benchmark));
      if (options.folder !== undefined && !inPlace)
        warn(new Error(`${options.folder} is not the folder of the benchmark: runs go through the queue`));
      const root = inPlace ? (options.folder as string) : join(scratch, data.benchmark);
      const folder = join(root, ...data.folder.split('/'));
      const resumed = existsSync(runPaths(folder).experiment);
      const says = progressOf(job, { worker: name, resumed }, warn);
      onEvent?.({ type: 'begun', cell, resumed, folder });
      const given = async (back: () => Promise<unknown>, error: Error): Promise<never> => {
        onEvent?.({ type: 'given-back', cell });
        await back();
        throw error;
      };
      try {
        const report = await run(
          {
            engine: data.engine,
            experiment: data.experiment,
            folder,
            threads: options.threads ?? Math.max(1, Math.floor(availableParallelism() / jobs)),
            ...(options.places && { places: options.places }),
          },
          {
            signal: lost ? AbortSignal.any([stopped, lost]) : stopped,
            onProgress(event) {
              onEvent?.({ type: 'running', cell, event });
              says.say(event);
            },
          },
        );
        faults = 0;
        await says.flush();
        const files = inPlace
          ? null
          : await storeFiles(redis, id, folder, [basename(runPaths(folder).checkpoint), '.adfw-lock']);
        onEvent?.({ type: 'ended', cell, report });
        return { worker: name, report, files };
      } catch (error) {
        await says.flush();
        if (lost?.aborted) return given(async () => undefined, error as Error);
        if (stopped.aborted) return given(() => job.moveToWait(token), new WaitingError());
        // The process of a worker that died lives on for a step.
        if (isClaimedByOther(error))
          return given(() => job.moveToDelayed(Date.now() + 1000, token), new DelayedError());
        const reason = (error as Error).message;
        onEvent?.({ type: 'failed', cell, reason });
        const again = job.attemptsMade + 1 < (job.opts.attempts ?? 1);
        if (again)
          await note(redis, data.benchmark, `${cell} failed on ${name}, and is tried again: ${reason}`);
        if (error instanceof ConfigurationError && ++faults === MOST_FAULTS) {
          const message = `${MOST_FAULTS} runs in a row could not be begun on this machine, so that the worker takes no more. ${reason}`;
          await note(redis, data.benchmark, `The worker ${name} has stopped: ${message}`);
          ending.abort(new ConfigurationError(message));
        }
        throw error;
      } finally {
        says.end();
      }
    };

    const worker: Worker<CellJob, CellResult> = new Worker(
      queueName(version),
      (job, token, lost) => work(job, token, lost),
      {
        connection: redis,
        prefix: PREFIX,
        name,
        concurrency: jobs,
        lockDuration: lostAfterMilliseconds,
        stalledInterval: lostAfterMilliseconds / 2,
        maxStalledCount: MOST_DEATHS,
      },
    );
    worker.on('error', warn);
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) worker.cancelJob(id);
    });
    worker.on('completed', ({ data }, { files }) => {
      if (files === null) return;
      void rm(join(scratch, data.benchmark, ...data.folder.split('/')), { recursive: true, force: true });
    });
    const endLiving = await sayLiving(redis, { name, version });
    onEvent?.({ type: 'waiting', server, name });
    if (!stopped.aborted) await new Promise((resolve) => stopped.addEventListener('abort', resolve));
    await worker.close();
    await endLiving();
    if (ending.signal.aborted) throw ending.signal.reason;
  } finally {
    redis.disconnect();
  }
}

/** @throws ConfigurationError where there are cells of other versions alone. */
async function refuseOtherVersions(redis: Redis, server: string, version: string): Promise<void> {
  const waiting: string[] = [];
  for (const each of await redis.smembers(VERSIONS)) {
    const queue = new Queue(queueName(each), { connection: redis, prefix: PREFIX });
    if ((await queue.getJobCountByTypes('wait', 'active', 'delayed')) > 0) waiting.push(each);
    await queue.close();
  }
  if (waiting.length === 0 || waiting.includes(version)) return;
  throw new ConfigurationError(
    `The runs in the queue at ${server} are of a benchmark of adfw ${waiting.sort().join(', ')}, and this is adfw ${version}: numbers of one table must come from the same version. Install the same one on both.`,
  );
}

/** Whether a folder of this machine is that of the benchmark. */
const isFolderOf = async (folder: string, benchmark: string): Promise<boolean> =>
  (await readFile(join(folder, FOLDER_FILE), 'utf8').catch(() => '')).trim() === benchmark;

async function note(redis: Redis, benchmark: string, message: string): Promise<void> {
  await redis.rpush(notesKey(benchmark), message);
  await redis.expire(notesKey(benchmark), 24 * 60 * 60);
}

const saysEachMilliseconds = 1000;

/** Tells the benchmark where a cell is, once a second at most; messages are kept, so that none is lost. */
function progressOf(
  job: Job<CellJob, CellResult>,
  { worker, resumed }: Pick<CellProgress, 'worker' | 'resumed'>,
  onError: (error: Error) => void,
) {
  const said: RunEvent[] = [];
  let event: RunEvent | null = null;
  let changed = true;
  const flush = async () => {
    if (!changed) return;
    changed = false;
    const progress: CellProgress = { worker, resumed, event, said };
    await job.updateProgress(progress).catch(onError);
  };
  void flush();
  const timer = setInterval(() => void flush(), saysEachMilliseconds);
  return {
    say(next: RunEvent) {
      changed = true;
      if (isSaid(next)) said.push(next);
      else event = next;
    },
    flush,
    end: () => clearInterval(timer),
  };
}
