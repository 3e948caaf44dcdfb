/** Which image files a folder holds, in an order that does not depend on the system. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { naturalOrder } from './natural-order.js';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp']);

/** The image extensions, as errors list them. */
export const EXTENSION_LIST = [...EXTENSIONS].join(', ');

/**
 * The image files at a path: the file itself, whatever its name, or all below a folder, at any depth, in natural order.
 * @throws ConfigurationError when there is nothing at `path`, or no image in the folder.
 */
export async function listImages(path: string): Promise<string[]> {
  const entry = await stat(path).catch((error: unknown) => {
    throw cannotOpen(path, error);
  });
  if (!entry.isDirectory()) return [path];
  const images = await imagesBelow(path);
  if (images.length === 0)
    throw new ConfigurationError(
      `There is no image in ${path}: ${await describeContents(path)}; images end in ${EXTENSION_LIST}.`,
    );
  return images.map((image) => join(path, image));
}

/**
 * The images below a folder, at any depth: paths relative to it, with `/`, in natural order. Other files and hidden ones are
 * passed over, links are followed.
 * @throws ConfigurationError when the folder is none, or it or one below it cannot be read.
 */
export async function imagesBelow(folder: string): Promise<string[]> {
  return (await walk(folder, '', [])).sort(naturalOrder);
}

/** The folders in a folder, hidden ones passed over, in natural order. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await visibleEntries(folder);
  return entries.filter((entry) => entry.isFolder).map(({ name }) => name);
}

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

/** What is in a folder, for an error that expected something else there. */
export async function describeContents(folder: string): Promise<string> {
  const entries = await visibleEntries(folder);
  if (entries.length === 0) return 'it is empty';
  const names = entries.slice(0, 5).map((entry) => (entry.isFolder ? `${entry.name}/` : entry.name));
  const more = entries.length > names.length ? ` and ${entries.length - names.length} more` : '';
  return `it holds ${names.join(', ')}${more}`;
}

async function walk(root: string, below: string, parents: readonly string[]): Promise<string[]> {
  const folder = join(root, below);
  const real = await realpath(folder).catch((error: unknown) => {
    throw cannotOpen(folder, error);
  });
  // A link to a folder that it lies in.
  if (parents.includes(real)) return [];
  const found: string[] = [];
  for (const { name, isFolder } of await visibleEntries(folder)) {
    const path = below === '' ? name : `${below}/${name}`;
    if (isFolder) found.push(...(await walk(root, path, [...parents, real])));
    else if (EXTENSIONS.has(extname(name).toLowerCase())) found.push(path);
  }
  return found;
}

interface Entry {
  name: string;
  isFolder: boolean;
}

async function visibleEntries(folder: string): Promise<Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw cannotOpen(folder, error);
  });
  const visible = entries.filter(({ name }) => !name.startsWith('.') && name !== '__MACOSX');
  const followed = await Promise.all(visible.map((entry) => follow(folder, entry)));
  return followed.sort((left, right) => naturalOrder(left.name, right.name));
}

const follow = async (folder: string, entry: Dirent): Promise<Entry> => ({
  name: entry.name,
  isFolder: entry.isSymbolicLink() ? await isFolder(join(folder, entry.name)) : entry.isDirectory(),
});

function cannotOpen(path: string, error: unknown): ConfigurationError {
  const { code, message } = error as NodeJS.ErrnoException;
  const fault =
    code === 'ENOENT'
      ? 'does not exist: check the path, and the folder it is relative to'
      : code === 'ENOTDIR'
        ? 'is a file; a folder is needed'
        : code === 'EACCES' || code === 'EPERM'
          ? 'cannot be read: permission is denied'
          : `cannot be read: ${message}`;
  return new ConfigurationError(`${path} ${fault}.`, [], { cause: error });
}
