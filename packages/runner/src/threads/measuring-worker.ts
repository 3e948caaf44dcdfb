/** What runs in a thread of `measuring-client.ts`: does tasks on the images it is told, of a file of maps that all threads read. */
import { openSync, readSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { pixelWork, workplaceOf } from '@adfw/core/plain';
import { type Place, placedPixels, readWhole } from '../run/placed-pixels.js';
import { type ErrorData, errorData } from './error-transfer.js';

/** What the thread is started with. */
export interface MeasuringTask {
  readonly path: string;
  /** Where in the file each image is. */
  readonly places: readonly Place[];
  /** One for each part of the memory that threads share: 1 while one of them works on it. */
  readonly locks: Int32Array<SharedArrayBuffer>;
}

/** Images, and the tasks that are done on each. */
export interface MeasuringRequest {
  readonly id: number;
  readonly images: readonly number[];
  readonly tasks: readonly { readonly name: string; readonly given: unknown }[];
}

export interface MeasuringAnswer {
  readonly id: number;
  /** In the order of the images; null for one without a mask. After an error there is nothing more. */
  readonly images: readonly ({ readonly results: unknown[] | null } | { readonly error: ErrorData })[];
}

const port = parentPort as MessagePort;
const { path, places, locks } = workerData as MeasuringTask;

const file = openSync(path, 'r');
const pixels = placedPixels(places, (data, at) =>
  readWhole(path, data, at, (bytes, from, length, position) => readSync(file, bytes, from, length, position)),
);
const work = pixelWork(
  pixels,
  workplaceOf((part, change) => {
    while (Atomics.compareExchange(locks, part, 0, 1) !== 0) Atomics.wait(locks, part, 1);
    change();
    Atomics.store(locks, part, 0);
    Atomics.notify(locks, part, 1);
  }),
);

let last = Promise.resolve();
port.on('message', (request: MeasuringRequest) => {
  last = last.then(async () => port.postMessage(await answerTo(request)));
});

async function answerTo({ id, images, tasks }: MeasuringRequest): Promise<MeasuringAnswer> {
  const done: MeasuringAnswer['images'][number][] = [];
  for (const index of images) {
    try {
      done.push({ results: await work.on(index, tasks) });
    } catch (error) {
      done.push({ error: errorData(error) });
      break;
    }
  }
  return { id, images: done };
}
