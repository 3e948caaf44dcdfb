/** Keeps the checkpoints of training in a folder, so that after a kill at any moment one of them is there whole. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CheckpointStore,
  DataError,
  type EpochRecord,
  type FoldCheckpoints,
  type FoldRecord,
  parseTensors,
  tensorBytes,
} from '@adfw/core';
import type { EngineInfo } from '../engine.js';
import { writeFile } from '../files/atomic-file.js';
import { readBytes } from '../files/read-bytes.js';

const STATE = 'state.json';

/** `state.json`: which tensors file is the current one, what training has done, and with which engine. */
interface State<Entry = unknown> {
  /** How many stages are done. */
  stage?: number;
  tensors: string;
  engine: EngineInfo;
  history: readonly Entry[];
}

/** @param engine what computes; going on takes the same, since other engines, providers and threads differ in their last digits. */
export function checkpointFolder<Entry = EpochRecord>(
  folder: string,
  engine: EngineInfo,
): CheckpointStore<Entry> {
  const stateFile = join(folder, STATE);
  return {
    async save({ stage, history, tensors }) {
      await mkdir(folder, { recursive: true });
      const file = `${stage === undefined ? '' : `${stage}-`}${history.length}.safetensors`;
      await writeFile(join(folder, file), await tensorBytes(tensors));
      // The switch: until this file is replaced, the checkpoint before is the current one, and its tensors are still there.
      await writeFile(
        stateFile,
        JSON.stringify({
          ...(stage !== undefined && { stage }),
          tensors: file,
          engine,
          history,
        } satisfies State),
      );
      for (const name of await readdir(folder))
        if (name !== file && name !== STATE) await rm(join(folder, name), { force: true });
    },
    async load() {
      if (!existsSync(stateFile)) return null;
      const state = await readState(folder);
      const file = join(folder, state.tensors);
      return {
        ...(state.stage !== undefined && { stage: state.stage }),
        history: state.history as readonly Entry[],
        tensors: parseTensors(await readBytes(file), file),
      };
    },
  };
}

/** The checkpoints of fits to folds, in folders of their own within that of the model's training. */
export function foldCheckpointFolder(folder: string, engine: EngineInfo): FoldCheckpoints {
  const trainingFolder = (fold: number) => join(folder, `fold-${fold}`);
  const done = checkpointFolder<FoldRecord>(join(folder, 'folds'), engine);
  return {
    training: (fold) => checkpointFolder(trainingFolder(fold), engine),
    done: {
      load: done.load,
      async save(checkpoint) {
        await done.save(checkpoint);
        await rm(trainingFolder(checkpoint.history.length), { recursive: true, force: true });
      },
    },
  };
}

/** The engine of the checkpoint in `folder`; null where there is none yet. */
export const checkpointEngine = async (folder: string): Promise<EngineInfo | null> =>
  existsSync(join(folder, STATE)) ? (await readState(folder)).engine : null;

async function readState(folder: string): Promise<State> {
  const file = join(folder, STATE);
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new DataError(
      `The checkpoint ${file} is damaged: ${(error as Error).message}. Remove the folder ${folder} to train from the start.`,
      { cause: error },
    );
  }
}
