import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigurationError } from '@adfw/core';

/**
 * That a file could be written where it is to lie shows before the work is done whose result it holds.
 * @throws ConfigurationError that names file and folder, where the folder is not there or is not writable.
 */
export async function checkFolderOf(file: string): Promise<void> {
  const folder = dirname(resolve(file));
  const isFolder = (await stat(folder).catch(() => null))?.isDirectory();
  if (!isFolder)
    throw new ConfigurationError(`${file} cannot be written: there is no folder ${folder}; create it first.`);
  await access(folder, constants.W_OK).catch((error: Error) => {
    throw new ConfigurationError(
      `${file} cannot be written: the folder ${folder} is not yours to write to; choose another one.`,
      [],
      { cause: error },
    );
  });
}
