/** Scores images in a thread of its own, so that the event loop of a server or a window goes on meanwhile. */
import type { ResourceLimits } from 'node:worker_threads';
import type { DetectedImage, DetectOptions } from '@adfw/core';
import type { EngineInfo, EngineName, EngineOptions } from '../engine.js';
import type { SavedModel } from '../model/model-folder.js';
import { awaitBeforeExit, busyFlag } from './busy-flag.js';
import { toError } from './error-transfer.js';
import type { ScoringAnswer, ScoringRequest, ScoringTask, ThreadModel } from './scoring-worker.js';
import { startThread } from './start-thread.js';

export interface ScoringWorkerOptions extends EngineOptions {
  /** What computes; `auto` by default. */
  engine?: EngineName;
  /** Of the thread's JavaScript heap, as `Worker` of `node:worker_threads` takes them. */
  resourceLimits?: ResourceLimits;
}

/**
 * A saved model that computes in another thread. Its detector gives the numbers that the model gives in this thread, bit for bit,
 * and rejects with the errors that are thrown there.
 *
 * Calls of `detector.detect` may overlap; they are answered one after another, in the order in which they were made. A call that is
 * aborted is rejected at once; what is not a search and has begun is done to its end all the same. The
 * images are copied and stay the caller's; the maps are moved. A call keeps the process alive until it is answered, an idle
 * worker doesn't.
 */
export interface ScoringWorker extends SavedModel {
  readonly engine: EngineInfo;
  /** Calls that are not answered yet: a server that is not to fall behind refuses images when there are too many. */
  readonly pending: number;
  /** Resolves when the thread has ended: with null where it was closed, else with what it died of. */
  readonly ended: Promise<Error | null>;
  /** Answers the calls made so far, then ends the thread; later calls are rejected. May be called again. */
  close(): Promise<void>;
}

/** Waits for an answer of the thread. */
interface Call {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly onSearch?: DetectOptions['onSearch'];
}

/**
 * Starts a thread and loads the model of a run in it.
 *
 * When the thread dies (its heap is full, a plugin throws where nobody waits), the calls that wait are rejected with what it died
 * of, and later ones with an Error that says so.
 * @param run the run directory, or its `model` folder.
 * @throws ConfigurationError where there is no model or the engine cannot be had, DataError where the model is damaged.
 */
export async function createScoringWorker(
  run: string,
  { engine = 'auto', resourceLimits, ...engineOptions }: ScoringWorkerOptions = {},
): Promise<ScoringWorker> {
  const busy = busyFlag();
  const worker = startThread('scoring-worker', {
    workerData: { run, engine, engineOptions, busy } satisfies ScoringTask,
    resourceLimits,
  });
  const forget = awaitBeforeExit(busy);
  const calls = new Map<number, Call>();
  let nextId = 0;
  /** Why there are no more calls. */
  let refusal: Error | null = null;
  let causeOfDeath: Error | null = null;
  let closing = false;

  function call<T>(
    post: (id: number) => void = () => undefined,
    { signal, onSearch }: DetectOptions = {},
  ): Promise<T> {
    if (refusal) return Promise.reject(refusal);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = nextId++;
    worker.ref();
    const stop = () => {
      ask({ id, abort: true });
      take(id)?.reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop);
    return new Promise<T>((resolve, reject) => {
      calls.set(id, { resolve: resolve as Call['resolve'], reject, onSearch });
      post(id);
    }).finally(() => signal?.removeEventListener('abort', stop));
  }
  function take(id: number): Call | undefined {
    const found = calls.get(id);
    calls.delete(id);
    if (calls.size === 0 && refusal === null) worker.unref();
    return found;
  }
  function refuse(why: Error): void {
    refusal ??= why;
  }
  function died(cause: Error): void {
    causeOfDeath ??= cause;
    refuse(
      new Error(`The scoring worker has ended: ${cause.message.replace(/\.?$/, '.')} Create another.`, {
        cause,
      }),
    );
    for (const id of [...calls.keys()]) take(id)?.reject(cause);
  }
  const ask = (request: ScoringRequest, transfer: readonly ArrayBuffer[] = []) =>
    worker.postMessage(request, transfer);

  worker.on('message', (answer: ScoringAnswer) => {
    if ('search' in answer) calls.get(answer.id)?.onSearch?.(answer.search);
    else if ('error' in answer) take(answer.id)?.reject(toError(answer.error));
    else take(answer.id)?.resolve(answer.result);
  });
  worker.on('error', died);
  const ended = new Promise<Error | null>((resolve) => {
    worker.on('exit', (code) => {
      forget();
      if (!closing || calls.size > 0) died(new Error(`Its thread ended with the exit code ${code}.`));
      resolve(causeOfDeath);
    });
  });

  const loaded = await call<ThreadModel>().catch(async (error) => {
    await worker.terminate();
    throw error;
  });
  const { searches, tiled, ...about } = loaded;
  return {
    ...about,
    detector: {
      searches,
      tiled,
      async detect(images, options = {}) {
        const copies = images.map((image) => ({ ...image, data: new Uint8Array(image.data) }));
        const buffers = copies.map(({ data }) => data.buffer);
        const tellsSearch = options.onSearch !== undefined;
        return call<DetectedImage[]>((id) => ask({ id, images: copies, tellsSearch }, buffers), options);
      },
    },
    get pending() {
      return calls.size;
    },
    ended,
    async close() {
      closing = true;
      refuse(new Error('The scoring worker is closed.'));
      worker.ref();
      ask(null);
      await ended;
    },
  };
}
