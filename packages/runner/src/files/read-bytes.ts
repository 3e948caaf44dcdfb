import { readFile } from 'node:fs/promises';
import { DataError } from '@adfw/core';

/** @throws DataError that names the file when it cannot be read. */
export const readBytes = (path: string): Promise<Uint8Array> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`${path} cannot be read (${error.code}).`, { cause: error });
  });
