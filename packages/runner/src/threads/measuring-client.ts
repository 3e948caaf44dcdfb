/** Measures the pixels of scored images in threads, each of which reads the file that the maps were spilled into. */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { EachImage, PixelSource } from '@adfw/core';
import { PARTS } from '@adfw/core/plain';
import type { SpilledMaps } from '../run/spilled-maps.js';
import { toError } from './error-transfer.js';
import type { MeasuringAnswer, MeasuringRequest, MeasuringTask } from './measuring-worker.js';
import { startThread } from './start-thread.js';

export interface MeasuringOptions {
  /** None: all is done here. By default one a processor, where there is enough to do. */
  readonly threads?: number;
  /** Bytes that counts of pixels may take, however many threads there are. */
  readonly memory?: number;
  readonly signal?: AbortSignal;
}

/** Of fewer pixels, threads take longer to start than to work. */
const FEWEST_PIXELS = 2 ** 23;
/** More wait for the memory rather than work. */
const MOST_THREADS = 8;
/** Images that a thread is told of at once, at most, and how often before it has answered: so that it always has one. */
const [IMAGES, AHEAD] = [8, 2];

/** @returns none where there is little to do. */
export function measuringThreads(maps: SpilledMaps): number {
  let pixels = 0;
  for (let index = 0; index < maps.length; index++)
    pixels += maps.size(index).height * maps.size(index).width;
  return pixels < FEWEST_PIXELS ? 0 : Math.min(availableParallelism(), MOST_THREADS);
}

/**
 * Gives `work` the maps as a source whose tasks are done in threads; they are gone when it ends. When the signal is aborted they end at once, in
 * the middle of what they do, and what waits for them is rejected with its reason.
 */
export async function withMeasuringThreads<T>(
  maps: SpilledMaps,
  { threads = measuringThreads(maps), memory, signal }: MeasuringOptions,
  work: (pixels: PixelSource) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const source: PixelSource = {
    length: maps.length,
    size: (index) => maps.size(index),
    unscored: (index) => maps.unscored(index),
    map: (index, into) => maps.map(index, into),
    mask: (index, into) => maps.mask(index, into),
    ...(memory !== undefined && { memory }),
  };
  if (threads === 0) return work(source);
  const locks = new Int32Array(new SharedArrayBuffer(4 * PARTS));
  const workers = Array.from({ length: threads }, () =>
    startThread('measuring-worker', {
      workerData: { path: maps.path, places: maps.places, locks } satisfies MeasuringTask,
    }),
  );
  try {
    return await work({ ...source, each: eachInThreads(workers, signal) });
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function eachInThreads(workers: readonly Worker[], signal?: AbortSignal): EachImage {
  let ids = 0;
  return async (images, tasks, take) => {
    signal?.throwIfAborted();
    const batches = inBatches(images, workers.length);
    // Answers to what was asked before, and ended by an error, may still come.
    const first = ids;
    ids += batches.length;
    /** Of batches that are done, but one before is not. */
    const answers = new Map<number, MeasuringAnswer>();
    let [told, taken] = [0, 0];
    const forget: (() => void)[] = [];
    let [resolve, reject]: [() => void, (error: unknown) => void] = [() => undefined, () => undefined];
    const all = new Promise<void>((done, failed) => {
      [resolve, reject] = [done, failed];
    });
    const takeAll = () => {
      for (let answer = answers.get(taken); answer; answer = answers.get(++taken)) {
        answers.delete(taken);
        for (const [i, image] of answer.images.entries()) {
          if ('error' in image) throw toError(image.error);
          if (image.results) take(image.results, batches[taken]?.[i] as number);
        }
      }
      if (taken === batches.length) resolve();
    };
    const tell = (worker: Worker) => {
      const batch = batches[told];
      // One that takes long must not have the results of all others wait in memory.
      if (!batch || told - taken >= 2 * AHEAD * workers.length) return false;
      const id = first + told++;
      const given = tasks.map(({ name, given }) => ({ name, given: given() }));
      worker.postMessage({ id, images: batch, tasks: given } satisfies MeasuringRequest);
      return true;
    };
    const waiting: Worker[] = [];
    const listen = <E extends 'message' | 'error' | 'exit'>(
      worker: Worker,
      event: E,
      on: (value: never) => void,
    ) => {
      worker.on(event, on as (value: unknown) => void);
      forget.push(() => worker.off(event, on as (value: unknown) => void));
    };
    const stop = () => reject((signal as AbortSignal).reason);
    signal?.addEventListener('abort', stop);
    try {
      for (const worker of workers) {
        listen(worker, 'message', (answer: MeasuringAnswer) => {
          if (answer.id < first) return;
          try {
            answers.set(answer.id - first, answer);
            takeAll();
          } catch (error) {
            reject(error);
            return;
          }
          waiting.push(worker);
          while (waiting.length > 0 && tell(waiting[0] as Worker)) waiting.shift();
        });
        listen(worker, 'error', reject);
        listen(worker, 'exit', (code: number) =>
          reject(new Error(`A thread that measures ended with the exit code ${code}.`)),
        );
      }
      for (let round = 0; round < AHEAD; round++) for (const worker of workers) tell(worker);
      takeAll();
      await all;
    } finally {
      signal?.removeEventListener('abort', stop);
      for (const off of forget) off();
    }
  };
}

function inBatches(images: readonly number[], threads: number): (readonly number[])[] {
  const size = Math.min(IMAGES, Math.max(1, Math.ceil(images.length / (threads * AHEAD))));
  return Array.from({ length: Math.ceil(images.length / size) }, (_, batch) =>
    images.slice(batch * size, (batch + 1) * size),
  );
}
