import { type CheckpointStore, spanned } from '@adfw/core';
import { writeFile } from '../files/atomic-file.js';

/**
 * Writes `train.jsonl`, a line for each entry of the history, together with each checkpoint. Going on repeats no line, and lacks none
 * where training was killed between the two.
 */
export function withTrainingLog<Entry>(store: CheckpointStore<Entry>, file: string): CheckpointStore<Entry> {
  const write = (history: readonly Entry[]) =>
    writeFile(file, history.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return {
    async load() {
      const saved = await store.load();
      if (saved) await write(saved.history);
      return saved;
    },
    save: (checkpoint) =>
      spanned('writing', async () => {
        await store.save(checkpoint);
        await write(checkpoint.history);
      }),
  };
}

/** @param start of a file. */
export const isTrainingLog = (start: Buffer): boolean =>
  /^$|^\{"(stage|epoch)":/.test(start.toString('utf8'));
