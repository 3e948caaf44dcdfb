import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '@adfw/core';

/**
 * Reads a JSON document that a user named.
 * @throws ConfigurationError that names the file, and the place where it stops being JSON.
 */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    throw new ConfigurationError(`${path} ${why}; a JSON file was expected.`, [], { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(`${path} is not JSON: ${(error as Error).message}.`, [], { cause: error });
  }
}
