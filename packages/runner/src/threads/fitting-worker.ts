/** What runs in the thread of a fit (`fitting-client.ts`): it fits a model on an engine of its own, saves it, and ends. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { tf } from '@adfw/core';
import { type EngineInfo, type EngineName, type EngineOptions, useEngine } from '../engine.js';
import { type FitEvent, type FitReport, fitModel, type ModelFit } from '../model/fit-and-save.js';
import { loadRegistry } from '../plugins/plugins.js';
import { type BusyFlag, endWork } from './busy-flag.js';
import { type ErrorData, errorData } from './error-transfer.js';

/** What the thread is started with. Whatever message comes to it later means: stop. */
export interface FittingTask {
  readonly fit: ModelFit;
  readonly engine: EngineName;
  readonly engineOptions: EngineOptions;
  readonly busy: BusyFlag;
}

export type FittingMessage =
  | { readonly event: FitEvent }
  | { readonly report: FitReport & { readonly engine: EngineInfo } }
  | { readonly error: ErrorData };

/** After this long the thread ends although something, a timer of a plugin say, keeps it alive. */
const LAST_MILLISECONDS = 1000;

const port = parentPort as MessagePort;
const { fit, engine, engineOptions, busy } = workerData as FittingTask;
process.on('exit', () => endWork(busy));
const tell = (message: FittingMessage) => port.postMessage(message);

const stop = new AbortController();
port.once('message', () => stop.abort());
try {
  const info = await useEngine(engine, engineOptions);
  const registry = await loadRegistry(fit.experiment.plugins);
  const report = await fitModel(registry, fit, {
    onProgress: (event) => tell({ event }),
    signal: stop.signal,
  });
  tell({ report: { ...report, engine: info } });
} catch (error) {
  tell({ error: errorData(error) });
} finally {
  const backend = tf.getBackend();
  if (backend) tf.removeBackend(backend);
  endWork(busy);
  port.close();
  setTimeout(() => process.exit(), LAST_MILLISECONDS).unref();
}
