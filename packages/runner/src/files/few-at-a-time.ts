import { DECODED_AT_ONCE } from '@adfw/images';

/**
 * Does work on each item, on as many at a time as can be decoded.
 * @returns what it gave, in the order of the items.
 * @throws what the work throws; the signal's reason when it is aborted.
 */
export async function fewAtATime<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  { onProgress, signal }: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<R[]> {
  const results: R[] = [];
  let done = 0;
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) {
      signal?.throwIfAborted();
      results[index] = await work(item);
      done += 1;
      onProgress?.(done, items.length);
    }
  };
  await Promise.all(Array.from({ length: DECODED_AT_ONCE }, worker));
  return results;
}
