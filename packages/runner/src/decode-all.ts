import type { ImageSource } from '@adfw/core';

/** Reads every image once, a few at a time: one that is bad shows at once, and what a source keeps is there when it is needed. */
export async function decodeAll(
  sources: readonly ImageSource[],
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const reads = sources.flatMap((source) =>
    Array.from({ length: source.length }, (_, index) => () => source.image(index)),
  );
  const total = reads.length;
  let done = 0;
  const queue = reads.values();
  const reader = async () => {
    for (const read of queue) {
      signal?.throwIfAborted();
      await read();
      done += 1;
      onProgress(done, total);
    }
  };
  await Promise.all([reader(), reader(), reader(), reader()]);
}
