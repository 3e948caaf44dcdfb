/**
 * One process at a time works in a folder, which two would spoil for each other.
 *
 * What counts is the system's lock on a file in it, not that the file is there: the system takes the lock back however its holder
 * ends. A number of a process in the file would not do, since it may be another's by now, or that of a process in another container
 * or on another machine that has the same folder.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { notWritten } from './atomic-file.js';

/** Lies in a folder while somebody works in it, and after a kill; it says for people who that is. */
export const CLAIM_FILE = '.adfw-lock';

const CLAIMED = 'Another adfw works in';

/** Whether an error of {@link whileClaimed}, which may have come from another process, says that another works in the folder. */
export const isClaimedByOther = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith(CLAIMED);

/**
 * Does `work` while no other call of this, in this process or another, works in the folder. On a system or disk that has no locks
 * nothing keeps them apart.
 * @param folder one that is there; afterwards nothing of the claim is left in it.
 * @throws ConfigurationError, before any work, that names who works there; DataError where nothing can be written there.
 */
export async function whileClaimed<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, CLAIM_FILE);
  const file = await openLocked(path);
  if (file === null)
    throw new ConfigurationError(
      `${CLAIMED} ${folder} (${await holderOf(path)}): wait until it has ended, or stop it, and try again.`,
    );
  try {
    await sign(file).catch(() => {});
    return await work();
  } finally {
    // Before the lock is given back: afterwards it may be another's. Where this fails, a file is left that claims nothing.
    await rm(path, { force: true }).catch(() => {});
    await file.close();
  }
}

async function sign(file: FileHandle): Promise<void> {
  await file.truncate();
  await file.write(`process ${process.pid} on ${hostname()}`, 0);
}

/** null where another has it. */
async function openLocked(path: string): Promise<FileHandle | null> {
  for (let attempts = 1; ; attempts++) {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT).catch((error) => {
      throw notWritten(path, error);
    });
    if (!lock(file.fd)) {
      await file.close();
      return null;
    }
    // Who had it before may have removed the file since it was opened here; whoever comes next would lock a new one. Not on and on:
    // there are disks that number their files anew each time.
    if (attempts === 3 || (await isAt(path, file))) return file;
    await file.close();
  }
}

const require = createRequire(import.meta.url);

/** Whether nobody else has the file locked. */
function lock(fd: number): boolean {
  try {
    const { tryLock } = require('fs-native-extensions') as { tryLock(fd: number): boolean };
    return tryLock(fd);
  } catch (error) {
    // So Windows says that another has it. All else means that there are no locks here, which is no reason not to work.
    return (error as NodeJS.ErrnoException).code !== 'EBUSY';
  }
}

async function isAt(path: string, file: FileHandle): Promise<boolean> {
  const there = await stat(path, { bigint: true }).catch(() => null);
  return there?.ino === (await file.stat({ bigint: true })).ino;
}

/** Windows lets nobody read a file that is locked, and who has just locked it has not written it yet. */
const holderOf = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8').catch(() => '')) || 'in another process';
