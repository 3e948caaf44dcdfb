/** `data.json` in the folder of a run: what its images, masks and files of weights were when it was begun. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  ConfigurationError,
  changesText,
  type DataChanges,
  DataError,
  type DataFingerprint,
  dataChanges,
  firstOf,
} from '@adfw/core';
import { writeFile } from '../files/atomic-file.js';

const FORMAT = 'adfw-data';
const VERSION = 1;

const writeDataRecord = (path: string, { train, test, files }: DataFingerprint): Promise<void> =>
  writeFile(path, `${JSON.stringify({ format: FORMAT, version: VERSION, train, test, files }, null, 2)}\n`);

/**
 * @returns null where there is none, since an earlier version of adfw began the run.
 * @throws DataError where it is damaged, or of another version.
 */
export async function readDataRecord(path: string): Promise<DataFingerprint | null> {
  if (!existsSync(path)) return null;
  let record: unknown;
  try {
    record = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new DataError(
      `${path}, which says what images a run was begun with, is damaged: ${(error as Error).message}. Restore it, or start a new run.`,
      { cause: error },
    );
  }
  const { format, version, train, test, files } = (record ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== FORMAT || version !== VERSION || !Array.isArray(train) || !Array.isArray(test))
    throw new DataError(
      `${path} does not say what images a run was begun with: its format is ${format} ${version}, and ${FORMAT} ${VERSION} was expected. Restore it, or start a new run.`,
    );
  return { train, test, ...(isChecksums(files) && { files }) };
}

const isChecksums = (files: unknown): files is Record<string, string> =>
  typeof files === 'object' && files !== null;

/**
 * Writes what the data of a run is. One that goes on has to go on with the images it was begun with: what was computed from them would
 * be mixed with what is computed from others. Masks may have changed, since nothing is computed from them before the end.
 * @param paths of the run's folder.
 * @returns what the user should know, a sentence each.
 * @throws ConfigurationError that names the images that were added, removed and changed, and other files; nothing is written then.
 */
export async function keepDataRecord(
  { folder, data, checkpoint }: { folder: string; data: string; checkpoint: string },
  now: DataFingerprint,
): Promise<string[]> {
  const before = await readDataRecord(data);
  const notes =
    before !== null
      ? changesNotes(folder, dataChanges(before, now))
      : existsSync(checkpoint)
        ? [
            `An earlier version of adfw began ${folder} and kept no record of its images: whether they were changed since is not known.`,
          ]
        : [];
  await writeDataRecord(data, now);
  return notes;
}

function changesNotes(folder: string, changes: DataChanges): string[] {
  const { masks } = changes;
  const what = changesText(changes);
  if (what !== '')
    throw new ConfigurationError(
      `Since ${folder} was begun, ${what}. It goes on only with the files it was begun with: put back what is gone or changed and take away what is new, or start anew in another folder.`,
    );
  return masks.length === 0
    ? []
    : [
        `Masks were changed since ${folder} was begun (${firstOf(masks)}): nothing was computed from them so far, and they are used as they are now.`,
      ];
}
