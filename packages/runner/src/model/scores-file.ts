/** The file of `adfw predict --scores`: a line an image, written as it comes, so that what ends the process loses none before it. */
import { type FileHandle, open } from 'node:fs/promises';
import { extname } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { stringify } from 'csv-stringify/sync';
import { notWritten } from '../files/atomic-file.js';
import { checkFolderOf } from '../files/folder-of-file.js';
import { refuseReplacing } from '../files/replaceable.js';
import type { Prediction } from './predict.js';

/** A prediction, or why there is none of an image. */
export type ScoreEntry = (Prediction & { overlay?: string }) | { image: string; error: string };

export interface ScoresFile {
  /** @throws DataError that names the file where the line cannot be written; no part of it is then left. */
  append(entry: ScoreEntry): Promise<void>;
  close(): Promise<void>;
}

const columns = ['image', 'score', 'normalizedScore', 'threshold', 'verdict', 'overlay', 'error'] as const;

const formats: Readonly<Record<string, { header: string; line(entry: ScoreEntry): string }>> = {
  '.csv': {
    header: `${columns.join(',')}\n`,
    line: (entry) => stringify([entry], { columns: [...columns] }),
  },
  '.jsonl': { header: '', line: (entry) => `${JSON.stringify(entry)}\n` },
};

/**
 * Before any work: that the file can be made. It is a new one: what an earlier call wrote is not replaced.
 * @throws ConfigurationError where its ending is none of a known format, something is there, or there is no folder to write to.
 */
export async function checkScoresFile(path: string): Promise<void> {
  formatOf(path);
  await refuseReplacing([path], { remedy: 'name a new file with --scores' });
  await checkFolderOf(path);
}

/** @throws ConfigurationError as {@link checkScoresFile}; DataError where it cannot be written. */
export async function createScoresFile(path: string): Promise<ScoresFile> {
  const { header, line } = formatOf(path);
  const file = await open(path, 'ax').catch((error) => {
    throw notWritten(path, error);
  });
  let size = 0;
  const write = async (text: string) => {
    try {
      await file.appendFile(text);
      size += Buffer.byteLength(text);
    } catch (error) {
      await file.truncate(size).catch(() => {});
      throw notWritten(path, error);
    }
  };
  await write(header);
  return {
    append: (entry) => write(line(entry)),
    close: () => closed(file),
  };
}

/** What cannot be brought to the disk is no reason to lose what else there is. */
async function closed(file: FileHandle): Promise<void> {
  await file.sync().catch(() => {});
  await file.close();
}

function formatOf(path: string) {
  const format = formats[extname(path).toLowerCase()];
  if (format) return format;
  throw new ConfigurationError(
    `--scores ${path}: the file's name has to end in ${Object.keys(formats).join(' or ')}, which says how it is written.`,
  );
}
