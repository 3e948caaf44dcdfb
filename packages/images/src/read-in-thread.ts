/**
 * Images read in a thread of its own. Decoding needs none, the decoder has threads; but between opening a file, reading its header, decoding and
 * resizing it is the caller's turn each time, and a caller that trains a network has no turn to spare until the step is done.
 */
import { Worker } from 'node:worker_threads';
import { DataError, type Frame, type RgbImage } from '@adfw/core/plain';
import type { ReadImageOptions } from './read-image.js';
import type { ReadAnswer, ReadRequest } from './reading-thread.js';

interface Reading {
  resolve(image: RgbImage): void;
  reject(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  readonly readings: Map<number, Reading>;
}

let thread: Thread | undefined;
let requests = 0;

/**
 * As `readImage` of a file, in another thread, which starts when the first image is asked for and lives as long as the process. It
 * keeps the process from ending only while there is something to read.
 */
export function readInThread(
  path: string,
  size: Frame,
  { name, reading }: ReadImageOptions = {},
): Promise<RgbImage> {
  thread ??= start();
  const { worker, readings } = thread;
  const request: ReadRequest = { id: requests++, path, size, options: { name, reading } };
  return new Promise((resolve, reject) => {
    if (readings.size === 0) worker.ref();
    readings.set(request.id, { resolve, reject });
    worker.postMessage(request);
  });
}

function start(): Thread {
  // The built file, also where this one is run from its source: a thread of Node takes no TypeScript. By way of an import, since Node
  // refuses to start a thread from a file where the program came by --input-type.
  const { href } = new URL('../dist/node/reading-thread.js', import.meta.url);
  const worker = new Worker(`import(${JSON.stringify(href)})`, { eval: true, name: 'adfw-reading' });
  const readings: Thread['readings'] = new Map();
  worker.on('message', ({ id, image, fault, error }: ReadAnswer) => {
    const reading = readings.get(id) as Reading;
    readings.delete(id);
    if (readings.size === 0) worker.unref();
    if (image) reading.resolve(image);
    else reading.reject(fault === undefined ? error : new DataError(fault));
  });
  const end = (error: unknown) => {
    if (thread?.worker === worker) thread = undefined;
    for (const { reject } of readings.values()) reject(error);
    readings.clear();
  };
  worker.on('error', end);
  worker.on('exit', (code) => end(new Error(`The thread that reads images ended with exit code ${code}.`)));
  return { worker, readings };
}
