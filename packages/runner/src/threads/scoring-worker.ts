/**
 * What runs in the thread of a scoring worker (`scoring-client.ts`): it loads a model on an engine of its own, then answers
 * requests one by one, in the order in which they came.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type DetectedImage, type Detector, type RgbImage, type SearchProgress, tf } from '@adfw/core';
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

/** Images to score; to do so no longer; or null: answer what was asked for, and end. */
export type ScoringRequest =
  | { readonly id: number; readonly images: readonly RgbImage[]; readonly tellsSearch: boolean }
  | { readonly id: number; readonly abort: true }
  | null;
type Scoring = Extract<ScoringRequest, { images: unknown }>;

/** The answer with id 0 comes first, and is about the model. */
export type ScoringAnswer = { readonly id: number } & (
  | { readonly result: ThreadModel | readonly DetectedImage[] }
  | { readonly error: ErrorData }
  /** Before the answer, if that was asked for. */
  | { readonly search: SearchProgress }
);
export interface ThreadModel {
  readonly manifest: ModelManifest;
  readonly engine: EngineInfo;
  /** Of its detector. */
  readonly searches: boolean;
  readonly tiled: boolean;
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
  /** What stops the calls that are not answered. */
  const stops = new Map<number, AbortController>();
  port.on('message', (request: ScoringRequest) => {
    if (request && 'abort' in request) {
      stops.get(request.id)?.abort();
      return;
    }
    const stop = new AbortController();
    if (request) stops.set(request.id, stop);
    last = last.then(async () => {
      // Where it may not work, the process ends, and nobody waits.
      if (!beginWork(busy)) return;
      if (request === null) end();
      else {
        await score(detector, request, stop.signal);
        stops.delete(request.id);
      }
      endWork(busy);
    });
  });
  answer({
    id: 0,
    result: { manifest, engine: info, searches: detector.searches === true, tiled: detector.tiled === true },
  });
} catch (error) {
  answer({ id: 0, error: errorData(error) });
} finally {
  endWork(busy);
}

async function score(
  detector: Detector,
  { id, images, tellsSearch }: Scoring,
  signal: AbortSignal,
): Promise<void> {
  try {
    signal.throwIfAborted();
    const onSearch = tellsSearch ? (search: SearchProgress) => answer({ id, search }) : undefined;
    const detected = await detector.detect(images, { signal, onSearch });
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
