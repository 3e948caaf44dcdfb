import { createHash } from 'node:crypto';
import { readBytes } from './decode-image.js';

/** SHA-256 in hexadecimal digits. */
export const checksum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** @throws DataError that names the file where it cannot be read. */
export const fileChecksum = async (path: string): Promise<string> => checksum(await readBytes(path));
