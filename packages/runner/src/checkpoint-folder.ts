/** Keeps the checkpoints of training in a folder, so that after a kill at any moment one of them is there whole. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckpointStore, DataError, type EpochRecord } from '@adfw/core';
import { writeFile } from './atomic-file.js';
import { readTensors, tensorBytes } from './tensor-file.js';

/** `state.json`: which tensors file is the current one, and what training has done. */
interface State {
  tensors: string;
  history: readonly EpochRecord[];
}

export function checkpointFolder(folder: string): CheckpointStore {
  const stateFile = join(folder, 'state.json');
  return {
    async save({ history, tensors }) {
      await mkdir(folder, { recursive: true });
      const file = `epoch-${history.length}.safetensors`;
      await writeFile(join(folder, file), await tensorBytes(tensors));
      // The switch: until this file is replaced, the checkpoint before is the current one, and its tensors are still there.
      await writeFile(stateFile, JSON.stringify({ tensors: file, history } satisfies State));
      for (const name of await readdir(folder))
        if (name !== file && name !== 'state.json') await rm(join(folder, name), { force: true });
    },
    async load() {
      if (!existsSync(stateFile)) return null;
      let state: State;
      try {
        state = JSON.parse(await readFile(stateFile, 'utf8'));
      } catch (error) {
        throw new DataError(
          `The checkpoint ${stateFile} is damaged: ${(error as Error).message}. Remove the folder ${folder} to train from the start.`,
          { cause: error },
        );
      }
      return { history: state.history, tensors: await readTensors(join(folder, state.tensors)) };
    },
  };
}
