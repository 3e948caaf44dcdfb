/** A pool of threads that decode and draw, so that a large image holds up neither the event loop nor the scoring. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Ring } from '@adfw/core/plain';
import { Piscina } from 'piscina';
import type {
  DecodedPhoto,
  DecodeTask,
  ImageFault,
  MapTask,
  OutlineTask,
  OverlayTask,
} from './image-thread.js';

export interface ImageThreads {
  decode(task: DecodeTask): Promise<DecodedPhoto | { fault: ImageFault }>;
  overlay(task: OverlayTask): Promise<Uint8Array>;
  heatMap(task: MapTask): Promise<Uint8Array>;
  outline(task: OutlineTask): Promise<Ring[]>;
  /** Makes all threads ready to decode. */
  warmUp(): Promise<void>;
  /** Ends the threads when what was asked for is done. */
  close(): Promise<void>;
}

/** The built file, also where this one is run from its source: a thread of Node takes no TypeScript. */
const THREAD = new URL('../../dist/node/image-thread.js', import.meta.url);

/** One black pixel. */
const SMALLEST_PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

/** A decoded photograph takes up to a few hundred megabytes, so there are not as many as a large machine has processors. */
const MOST_THREADS = 4;

export function imageThreads(threads = Math.min(MOST_THREADS, availableParallelism())): ImageThreads {
  const pool = new Piscina({
    filename: fileURLToPath(THREAD),
    minThreads: threads,
    maxThreads: threads,
    recordTiming: false,
  });
  const task =
    <In, Out>(name: string) =>
    (given: In): Promise<Out> =>
      pool.run(given, { name });
  const decode = task<DecodeTask, DecodedPhoto | { fault: ImageFault }>('decode');
  return {
    decode,
    async warmUp() {
      const size = { height: 1, width: 1 };
      const once = () => decode({ bytes: SMALLEST_PNG, name: 'warm-up', size, maxPixels: 1 });
      await Promise.all(Array.from({ length: threads }, once));
    },
    overlay: task('overlay'),
    heatMap: task('heatMap'),
    outline: task('outline'),
    close: () => pool.close(),
  };
}
