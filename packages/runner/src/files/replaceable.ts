/** What may be replaced: nothing that is written takes the place of a file that is not ours. */
import type { BigIntStats } from 'node:fs';
import { lstat, open, stat } from 'node:fs/promises';
import { ConfigurationError } from '@adfw/core';

export interface Replacing {
  /** The files that may be replaced; left out where none may. */
  readonly ours?: {
    /** What they are called in errors, as in "report of adfw". */
    readonly are: string;
    /** Whether a file is one of them, by its first `START` bytes. */
    known(start: Buffer): boolean;
  };
  /** Files that are read: whatever they are, they are not replaced, also where they are reached by a link or another spelling. */
  readonly inputs?: {
    readonly files: readonly string[] /** What one is, as in "an image to score". */;
    readonly are: string;
  };
  /** What to do instead, at the end of errors. */
  readonly remedy: string;
}

/** Bytes of a file that tell whether it is ours. */
export const START = 512;

/**
 * Before any work: that the files which it will write are not there, or are ours to replace.
 * @throws ConfigurationError that names the first one that is not, is an input, or cannot be a file where it is to lie.
 */
export async function refuseReplacing(
  paths: readonly string[],
  { ours, inputs, remedy }: Replacing,
): Promise<void> {
  let read: Set<string> | undefined;
  for (const path of paths) {
    const refused = (why: string, cause?: unknown) =>
      new ConfigurationError(`${path} ${why}; ${remedy}.`, [], { cause });
    const found = await entryAt(path).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOTDIR'
        ? refused('cannot be written: a file is in the place of a folder on its path', error)
        : refused(`cannot be written: the system says ${error.code}`, error);
    });
    if (found === null) continue;
    if (inputs) {
      read ??= await identities(inputs.files);
      if (read.has(identityOf(found))) throw refused(`is ${inputs.are}, and would be replaced`);
    }
    if (found.isDirectory()) throw refused('is a folder, where a file is to be written');
    if (!ours) throw refused('is there already, and is not replaced');
    const start = found.isFile() ? await startOf(path).catch(() => null) : null;
    if (start === null || !ours.known(start))
      throw refused(`is there and is no ${ours.are}, so it is not replaced`);
  }
}

/** The first bytes of a file, at most `START`. */
export async function startOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const start = Buffer.alloc(START);
    const { bytesRead } = await file.read(start, 0, START, 0);
    return start.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What lies at a path, links followed; the link where it leads nowhere; null where there is nothing. */
async function entryAt(path: string): Promise<BigIntStats | null> {
  const nothing = (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  };
  return (await stat(path, { bigint: true }).catch(nothing)) ?? lstat(path, { bigint: true }).catch(nothing);
}

/** A file is the same however it is reached: by another spelling where the disk allows it, and by links of both kinds. */
const identityOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

async function identities(files: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const file of files) {
    const entry = await entryAt(file).catch(() => null);
    if (entry) found.add(identityOf(entry));
  }
  return found;
}
