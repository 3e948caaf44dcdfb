/**
 * Looks now and then whether the files of a run's model are others than before. Asking is what works wherever the folder lies: the system
 * does not tell of a folder that another took the place of, of links, nor of disks of other machines.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelFiles } from '@adfw/core';
import { modelFolder } from '@adfw/runner';

/** Which files the model of a run is in now: the same text as long as they are the same; null where there is none. */
export async function filesOfModel(run: string): Promise<string | null> {
  try {
    const folder = modelFolder(run);
    const found = await Promise.all(
      Object.values(modelFiles).map((name) => stat(join(folder, name), { bigint: true })),
    );
    return found.map(({ dev, ino, size, mtimeNs }) => `${dev}:${ino}:${size}:${mtimeNs}`).join();
  } catch {
    return null;
  }
}

/** Between two looks. What has changed is taken for done when it is the same in the next one. */
const INTERVAL_MILLISECONDS = 1000;

/**
 * Calls `onChange` each time that the files are others than those that it was called for last, and stay as they are for one look.
 * @param known those that nothing is to be done for, at first.
 * @param onChange is given the files, and waited for.
 * @returns what ends it, once the call under way is done.
 */
export function watchRun(
  run: string,
  known: string | null,
  onChange: (files: string | null) => Promise<void>,
  interval = INTERVAL_MILLISECONDS,
): () => Promise<void> {
  const stop = new AbortController();
  async function look(): Promise<void> {
    let [done, seen] = [known, known];
    for (;;) {
      await sleep(interval, undefined, { signal: stop.signal, ref: false });
      const files = await filesOfModel(run);
      if (files !== done && files === seen) {
        await onChange(files);
        done = files;
      }
      seen = files;
    }
  }
  const ended = look().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  return () => {
    stop.abort();
    return ended;
  };
}
