import type { Learnable } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import { type ImageSource, readBatches } from '../images/image-source.js';
import { inBatches } from '../images/random-order.js';
import type { FrozenFeatures } from './frozen-features.js';
import { disposeSeen, seeImages, seeKept } from './see.js';

export interface GatherOptions {
  readonly batchSize: number;
  /** Of the images, for those who go through them more than once; without it they are computed each time. */
  readonly features?: () => Promise<FrozenFeatures>;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * What a model sees of all images, in order; each batch is disposed when the next one is asked for. It may be gone through more than
 * once: the first time features are computed and not kept, for most look only once.
 * @throws the signal's reason when it is aborted.
 */
export function seenBatches(
  learnable: Learnable,
  images: ImageSource,
  { batchSize, features, onProgress, signal }: GatherOptions,
): AsyncIterable<Seen> {
  let passes = 0;
  async function* pass(): AsyncGenerator<Seen> {
    const kept = passes++ > 0 ? await features?.() : undefined;
    let done = 0;
    const order = [...Array(images.length).keys()];
    for await (const { indices, batch } of readBatches(images, inBatches(order, batchSize))) {
      signal?.throwIfAborted();
      const seen = kept ? await seeKept(learnable, kept, indices, batch) : seeImages(learnable, batch);
      try {
        yield seen;
      } finally {
        disposeSeen(seen);
      }
      done += indices.length;
      onProgress?.(done, images.length);
    }
  }
  return { [Symbol.asyncIterator]: pass };
}
