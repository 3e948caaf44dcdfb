/**
 * Files and folders that appear whole or not at all, also where the process is killed or the disk fills up.
 *
 * The packages for this (write-file-atomic, atomically) write with one call and take a short write, which a disk that is
 * filling up gives, for the whole file; `FileHandle.writeFile` goes on until all is written or fails.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DataError } from '@adfw/core';

/**
 * Writes a file, or replaces it; until all of it is on the disk, the path holds what it held before.
 * @param data text is written as UTF-8.
 * @throws DataError that names the file and says why it cannot be written; nothing is left behind.
 */
export async function writeFile(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await writeThrough(temporary, data);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw notWritten(path, error);
  }
}

/**
 * Writes a folder of files, or replaces it: all files are there, or none of these. What was in it before is removed. Only while
 * an existing folder is replaced is there an instant without either.
 * @param files contents by file name.
 * @throws DataError that names the folder and says why it cannot be written; nothing is left behind.
 */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const temporary = temporaryBeside(folder);
  try {
    await mkdir(temporary);
    for (const [name, data] of Object.entries(files)) await writeThrough(join(temporary, name), data);
    await replaceFolder(folder, temporary);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw notWritten(folder, error);
  }
}

/** Removes what a kill in the middle of a write has left in `folders`; nobody may be writing there. */
export async function removeLeftovers(...folders: string[]): Promise<void> {
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => []))
      if (name.startsWith(TEMPORARY)) await rm(join(folder, name), { recursive: true, force: true });
}

const TEMPORARY = '.tmp-';

/** In the same folder, so that renaming never copies; short, so that it is no longer than a name that is allowed. */
const temporaryBeside = (path: string) =>
  join(dirname(resolve(path)), `${TEMPORARY}${randomBytes(6).toString('hex')}`);

async function writeThrough(path: string, data: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function replaceFolder(folder: string, replacement: string): Promise<void> {
  const existing = await stat(folder).catch(() => null);
  if (existing === null) return rename(replacement, folder);
  if (!existing.isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
  const previous = temporaryBeside(folder);
  await rename(folder, previous);
  try {
    await rename(replacement, folder);
  } catch (error) {
    await rename(previous, folder);
    throw error;
  }
  await rm(previous, { recursive: true, force: true });
}

/** What a user is told of a file or folder that cannot be written. */
export function notWritten(path: string, error: unknown): DataError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new DataError(`${path} cannot be written: ${reasons(path)[code ?? ''] ?? message}.`, {
    cause: error,
  });
}

const reasons = (path: string): Readonly<Record<string, string>> => ({
  ENOENT: `the folder ${dirname(path)} does not exist; create it first`,
  ENOTDIR: 'a file is in the place of a folder on its path; choose another path',
  EISDIR: 'a folder is in its place; remove it or choose another name',
  EACCES: 'permission denied; choose a folder that you may write to',
  EPERM: 'permission denied; choose a folder that you may write to',
  EROFS: 'the disk can only be read; choose a folder on another one',
  ENOSPC: 'the disk is full; free some space and try again',
  EDQUOT: 'your disk quota is used up; free some space and try again',
  EFBIG: 'the file is larger than this disk or your limits (ulimit -f) allow',
  ENAMETOOLONG: 'its name is too long; choose a shorter one',
});
