/**
 * What runs in the thread of a scoring worker (`scoring-client.ts`): it loads a model on an engine of its own, then answers
 * requests one by one, in the order in which they came.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type DetectedImage, type Detector, type RgbImage, tf } from '@adfw/core';
import { type EngineInfo, type EngineName, type EngineOptions, useEngine } from '../engine.js';
import { loadModel, type ModelManifest } from '../model/model-folder.js';
import { type BusyFlag, beginWork, endWork } from './busy-flag.js';
import { type ErrorData, errorData } from './error-transfer.js';

/** What the thread is started with. */
export interface ScoringTask {
  readonly run: string;
  readonly engine: EngineName;
  readonly engineOptions: EngineOptions;
  readonly busy: BusyFlag;
}

/** Images to score, or null: answer what was asked for, and end. */
export type ScoringRequest = { readonly id: number; readonly images: readonly RgbImage[] } | null;

/** The answer with id 0 comes first, and is about the model. */
export type ScoringAnswer = { readonly id: number } & (
  | { readonly result: ThreadModel | readonly DetectedImage[] }
  | { readonly error: ErrorData }
);
export interface ThreadModel {
  readonly manifest: ModelManifest;
  readonly engine: EngineInfo;
}

/** After this long the thread ends although something, a timer of a plugin say, keeps it alive. */
const LAST_MILLISECONDS = 1000;

const port = parentPort as MessagePort;
const { run, engine, engineOptions, busy } = workerData as ScoringTask;
// Also where it ends by an error that nobody caught, or because a plugin says so.
process.on('exit', () => endWork(busy));
const answer = (message: ScoringAnswer, transfer: readonly ArrayBuffer[] = []) =>
  port.postMessage(message, transfer);

try {
  const info = await useEngine(engine, engineOptions);
  const { manifest, detector } = await loadModel(run);
  let last = Promise.resolve();
  port.on('message', (request: ScoringRequest) => {
    last = last.then(async () => {
      // Where it may not work, the process ends, and nobody waits.
      if (!beginWork(busy)) return;
      if (request === null) end();
      else await score(detector, request);
      endWork(busy);
    });
  });
  answer({ id: 0, result: { manifest, engine: info } });
} catch (error) {
  answer({ id: 0, error: errorData(error) });
} finally {
  endWork(busy);
}

async function score(detector: Detector, { id, images }: NonNullable<ScoringRequest>): Promise<void> {
  try {
    const detected = await detector.detect(images);
    const buffers = detected.flatMap(({ map }) => (map ? [map.buffer as ArrayBuffer] : []));
    answer({ id, result: detected }, [...new Set(buffers)]);
  } catch (error) {
    answer({ id, error: errorData(error) });
  }
}

function end(): void {
  tf.removeBackend(tf.getBackend());
  port.close();
  setTimeout(() => process.exit(), LAST_MILLISECONDS).unref();
}
