import type { CheckpointStore } from '@adfw/core';
import { writeFile } from './atomic-file.js';

/** Writes `train.jsonl`, a line for each entry of the history, together with each checkpoint: going on repeats no line. */
export function withTrainingLog<Entry>(store: CheckpointStore<Entry>, file: string): CheckpointStore<Entry> {
  return {
    load: () => store.load(),
    async save(checkpoint) {
      await store.save(checkpoint);
      await writeFile(file, checkpoint.history.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    },
  };
}
