/** Fits a model in a thread of its own, so that the event loop goes on while it trains. */
import type { EngineInfo, EngineName, EngineOptions } from '../engine.js';
import type { FitEvent, FitReport, ModelFit } from '../model/fit-and-save.js';
import { awaitBeforeExit, busyFlag } from './busy-flag.js';
import { toError } from './error-transfer.js';
import type { FittingMessage, FittingTask } from './fitting-worker.js';
import { startThread } from './start-thread.js';

export interface FittingOptions extends EngineOptions {
  /** What computes; `auto` by default. */
  engine?: EngineName;
  onProgress?: (event: FitEvent) => void;
  /** Stops after the step under way; nothing is saved then. */
  signal?: AbortSignal;
}

/**
 * Does in another thread, on an engine of its own, what {@link fitModel} does.
 * @throws what that throws there; the signal's reason when it is aborted; an Error where the thread dies.
 */
export async function fitInThread(
  fit: ModelFit,
  { engine = 'auto', onProgress, signal, ...engineOptions }: FittingOptions = {},
): Promise<FitReport & { engine: EngineInfo }> {
  signal?.throwIfAborted();
  const busy = busyFlag();
  const worker = startThread('fitting-worker', {
    workerData: { fit, engine, engineOptions, busy } satisfies FittingTask,
  });
  const stop = () => worker.postMessage('stop');
  const forget = awaitBeforeExit(busy);
  // Before the process waits for the thread.
  process.prependListener('exit', stop);
  signal?.addEventListener('abort', stop);
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: FittingMessage) => {
        if ('event' in message) onProgress?.(message.event);
        // Also where it had ended by the time it was to stop.
        else if (signal?.aborted) reject(signal.reason);
        else if ('report' in message) resolve(message.report);
        else reject(toError(message.error));
      });
      worker.on('error', reject);
      worker.on('exit', (code) => {
        process.off('exit', stop);
        forget();
        reject(new Error(`The fitting thread ended with the exit code ${code}.`));
      });
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
