/** What runs in a thread of `read-in-thread.ts`: reads the images that are asked for, a few at a time. */
import { parentPort } from 'node:worker_threads';
import { DataError, type Frame, type RgbImage } from '@adfw/core/plain';
import { type ReadImageOptions, readImage } from './read-image.js';
import { DECODED_AT_ONCE } from './threads.js';

export interface ReadRequest {
  readonly id: number;
  readonly path: string;
  readonly size: Frame;
  readonly options: ReadImageOptions;
}

export interface ReadAnswer {
  readonly id: number;
  readonly image?: RgbImage;
  /** As data, where the image cannot be read: a class does not survive the way between threads. */
  readonly fault?: string;
  readonly error?: unknown;
}

const port = parentPort as NonNullable<typeof parentPort>;
const waiting: ReadRequest[] = [];
let reading = 0;

port.on('message', (request: ReadRequest) => {
  waiting.push(request);
  if (reading < DECODED_AT_ONCE) void readAll();
});

async function readAll(): Promise<void> {
  reading += 1;
  for (let request = waiting.shift(); request; request = waiting.shift()) {
    const answer = await read(request);
    port.postMessage(answer, answer.image ? [answer.image.data.buffer as ArrayBuffer] : []);
  }
  reading -= 1;
}

async function read({ id, path, size, options }: ReadRequest): Promise<ReadAnswer> {
  try {
    const image = await readImage(path, size, options);
    // A copy where it is as large as it was stored: that memory is the decoder's.
    return { id, image: { ...image, data: new Uint8Array(image.data) } };
  } catch (error) {
    return error instanceof DataError ? { id, fault: error.message } : { id, error };
  }
}
