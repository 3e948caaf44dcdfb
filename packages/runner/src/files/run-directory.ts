/** What lies where in the folder of a run, and who may write it. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { CLAIM_FILE, whileClaimed } from './folder-claim.js';

/** The files and folders of a run. */
export const runPaths = (folder: string) => ({
  folder,
  /** The resolved experiment: running this file again repeats the run. */
  experiment: join(folder, 'experiment.json'),
  /** The images and masks that it was begun with, by their checksums. */
  data: join(folder, 'data.json'),
  /** The report; written last, so a run that has it is complete. */
  metrics: join(folder, 'metrics.json'),
  /** A line an image. */
  scores: join(folder, 'scores.csv'),
  /** A line an epoch. */
  training: join(folder, 'train.jsonl'),
  /** Overlays of the test images. */
  maps: join(folder, 'maps'),
  /** The anomaly maps of the test images as data. */
  anomalyMaps: join(folder, 'anomaly-maps'),
  model: join(folder, 'model'),
  /** What a person reads of it: one HTML file. */
  report: join(folder, 'report.html'),
  /** Only while the run is not complete. */
  checkpoint: join(folder, 'checkpoint'),
});
export type RunPaths = ReturnType<typeof runPaths>;

/**
 * Does `work` in a new folder, made where it is not there, in which nobody else works meanwhile.
 * @param what the folder is called in errors, as in "The run directory".
 * @throws ConfigurationError where something lies there, another works there, or it cannot be made.
 */
export async function inNewFolder<T>(folder: string, what: string, work: () => Promise<T>): Promise<T> {
  await createFolder(folder, what);
  return whileClaimed(folder, async () => {
    // Another may have begun, and ended, since somebody last looked.
    await refuseUsedDirectory(folder);
    return work();
  });
}

/** @throws ConfigurationError where something lies in the folder that a new run is to have; what claims it does not count. */
export async function refuseUsedDirectory(folder: string): Promise<void> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw notMade('The run directory', folder, error);
  });
  const found = files.filter((name) => name !== CLAIM_FILE);
  if (found.length > 0)
    throw new ConfigurationError(
      `The run directory ${folder} is not empty (it holds ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}). Name another with --out, or go on with an interrupted run by --resume ${folder}.`,
    );
}

/**
 * Makes a folder that a user named, where it is not there.
 * @param what it is, at the start of a message.
 * @throws ConfigurationError that says why it cannot be made.
 */
export async function createFolder(folder: string, what = 'The folder'): Promise<void> {
  try {
    await makeFolder(resolve(folder));
  } catch (error) {
    throw notMade(what, folder, error as NodeJS.ErrnoException);
  }
}

function notMade(what: string, folder: string, error: NodeJS.ErrnoException): ConfigurationError {
  const { code } = error;
  const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'a file is in its place' : `the system says ${code}`;
  return new ConfigurationError(`${what} ${folder} cannot be made: ${why}.`, [], { cause: error });
}

/** `mkdir` with `recursive` never ends where the system says of a folder that is there that it is not, as /proc does (Node 20). */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isThere = code !== 'ENOENT' && (await stat(path).catch(() => null))?.isDirectory();
    if (isThere) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}
