/** The files of a folder on their way through Redis, in pieces: no more of them than one is in memory. */
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError } from '@adfw/core';
import { notWritten } from '@adfw/runner';
import type { Redis } from 'ioredis';
import { PREFIX, type StoredFile } from './cell-job.js';

/** Of a job whose files somebody removed. */
export class FilesGoneError extends DataError {}

const PIECE = 2 ** 20;

const filesKey = (job: string): string => `${PREFIX}:files:${job}`;

/**
 * Puts all files of a folder into Redis, in place of what was stored for the job before.
 * @param leaveOut names of files and folders in it that stay.
 * @throws DataError where the server has no memory left for them; nothing is left behind there.
 */
export async function storeFiles(
  redis: Redis,
  job: string,
  folder: string,
  leaveOut: readonly string[],
): Promise<StoredFile[]> {
  await redis.unlink(filesKey(job));
  try {
    return await sendFiles(redis, filesKey(job), folder, leaveOut);
  } catch (error) {
    await redis.unlink(filesKey(job));
    const { message } = error as Error;
    if (!message.startsWith('OOM')) throw error;
    throw new DataError(
      `The queue's server has no memory left for the files of a run (${message}): give it more, let the benchmark fetch what waits there, or share the benchmark's folder with the worker (--out).`,
      { cause: error },
    );
  }
}

async function sendFiles(
  redis: Redis,
  key: string,
  folder: string,
  leaveOut: readonly string[],
): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  const buffer = Buffer.alloc(PIECE);
  for (const path of await filesBelow(folder, leaveOut)) {
    const file = await open(join(folder, path), 'r');
    try {
      let bytes = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, PIECE, bytes);
        if (bytesRead === 0) break;
        bytes += bytesRead;
        await redis.rpush(key, buffer.subarray(0, bytesRead));
      }
      files.push({ path, bytes });
    } finally {
      await file.close();
    }
  }
  return files;
}

async function filesBelow(folder: string, leaveOut: readonly string[]): Promise<string[]> {
  const below: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (leaveOut.includes(entry.name)) continue;
    if (entry.isFile()) below.push(entry.name);
    else if (entry.isDirectory())
      for (const path of await filesBelow(join(folder, entry.name), [])) below.push(`${entry.name}/${path}`);
  }
  return below.sort();
}

/**
 * Writes the files that were stored for a job into a folder, which is replaced and appears whole; they stay in Redis.
 * @throws DataError where they are not all there, or cannot be written; nothing is left behind.
 */
export async function fetchFiles(
  redis: Redis,
  job: string,
  files: readonly StoredFile[],
  folder: string,
): Promise<void> {
  const arriving = join(dirname(folder), `.tmp-${job}`);
  try {
    await rm(arriving, { recursive: true, force: true });
    await mkdir(arriving, { recursive: true });
    let piece = 0;
    for (const { path, bytes } of files) {
      const target = join(arriving, path);
      if (path.split('/').some((name) => name === '..' || name === '') || path.includes('\\'))
        throw new DataError(`A worker sent a file ${path}, which would lie outside of the run's folder.`);
      await mkdir(dirname(target), { recursive: true });
      const file = await open(target, 'wx');
      try {
        for (let written = 0; written < bytes; piece++) {
          const data = await redis.lindexBuffer(filesKey(job), piece);
          if (data === null)
            throw new FilesGoneError(
              `What a worker sent of ${folder} is not in the queue any more: the same command runs it again.`,
            );
          await file.writeFile(data);
          written += data.length;
        }
        await file.sync();
      } finally {
        await file.close();
      }
    }
    if (await stat(folder).catch(() => null)) await rm(folder, { recursive: true });
    await rename(arriving, folder);
  } catch (error) {
    await rm(arriving, { recursive: true, force: true }).catch(() => {});
    throw error instanceof DataError ? error : notWritten(folder, error);
  }
}

export const forgetFiles = async (redis: Redis, job: string): Promise<void> => {
  await redis.unlink(filesKey(job));
};
