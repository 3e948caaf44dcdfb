/** Which image files a folder holds, in an order that does not depend on the system, and what is passed over. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ConfigurationError, printableName } from '@adfw/core/plain';
import { IMAGE_FORMAT_LIST, isImageFile } from './image-format.js';
import { describeKinds, isCompanion } from './left-out.js';
import { naturalOrder } from './natural-order.js';

/** A file that is called so is meant as an image: what is wrong with it shows when it is read. */
const IMAGE_ENDINGS = new Set('.jpg .jpeg .jpe .jfif .png .bmp .dib .tif .tiff .webp .gif .avif'.split(' '));

/** Raw files of cameras and slide scanners begin as a TIFF or JPEG does, which is but a preview of the image. */
const PREVIEW_ENDINGS = new Set(
  '.3fr .arw .cr2 .dcr .dng .erf .iiq .kdc .mef .mos .nef .nrw .pef .sr2 .srw .ndpi .svs .scn .thm'.split(
    ' ',
  ),
);

/** What systems leave in folders; names that begin with a dot are hidden as well. */
const CLUTTER = new Set([
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
  '__macosx',
  '@eadir',
  '$recycle.bin',
  'system volume information',
]);

/** Files of a folder, in natural order. */
export interface FoundImages {
  readonly images: readonly string[];
  /** Files that are no images; not the hidden ones, and not what systems leave in folders. */
  readonly leftOut: readonly string[];
}

/**
 * The image files at a path: the file itself, whatever its name, or all below a folder, at any depth.
 * @returns paths that begin with `path`.
 * @throws ConfigurationError when there is nothing at `path`, or no image in the folder, or less images than other files.
 */
export async function listImages(path: string): Promise<FoundImages> {
  const entry = await stat(path).catch((error: unknown) => {
    throw cannotOpen(path, error);
  });
  if (!entry.isDirectory()) return { images: [path], leftOut: [] };
  const { images, leftOut } = await imagesBelow(path);
  if (images.length === 0) throw await noImage(`There is no image in ${path}`, path);
  const inPath = (name: string) => join(path, name);
  return { images: images.map(inPath), leftOut: leftOut.map(inPath) };
}

/**
 * The images below a folder, at any depth: paths relative to it, with `/`. A file is an image by its ending, or, whatever its
 * ending, when it begins as one of the formats that are read. Links are followed.
 * @throws ConfigurationError when the folder is none, it or one below it cannot be read, or most of its files are no images;
 * those that usually lie beside images, as labels do, are not counted for that.
 */
export async function imagesBelow(folder: string): Promise<FoundImages> {
  const found = { images: [] as string[], leftOut: [] as string[] };
  await walk(folder, '', [], found);
  found.images.sort(naturalOrder);
  found.leftOut.sort(naturalOrder);
  refuseMostlyOthers(folder, found);
  return found;
}

/** @param what what is missing, the beginning of a sentence. */
export const noImage = async (what: string, folder: string): Promise<ConfigurationError> =>
  new ConfigurationError(`${what}: ${await describeContents(folder)}; images are ${IMAGE_FORMAT_LIST}.`);

/** Training on the 3 files of 43 that happen to be readable is not what anyone means. */
function refuseMostlyOthers(folder: string, { images, leftOut }: FoundImages): void {
  const others = leftOut.filter((path) => !isCompanion(path));
  if (others.length <= images.length) return;
  const readable = images.length === 0 ? 'none' : `only ${images.length}`;
  throw new ConfigurationError(
    `Of the ${images.length + others.length} files in ${folder} ${readable} can be read as images; the others are ${describeKinds(others)}, the first is ${printableName(others[0] as string)}. Convert them to PNG, or move them out of the folder; images are ${IMAGE_FORMAT_LIST}.`,
  );
}

/** The folders in a folder, hidden ones passed over, in natural order. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await visibleEntries(folder);
  return entries.filter((entry) => entry.isFolder).map(({ name }) => name);
}

/** Whether there are images directly in a folder. */
export async function holdsImages(folder: string): Promise<boolean> {
  for (const entry of await visibleEntries(folder))
    if (!entry.isFolder && (await isImage(join(folder, entry.name), entry))) return true;
  return false;
}

/** What is in a folder, for an error that expected something else there. */
export async function describeContents(folder: string): Promise<string> {
  const entries = await visibleEntries(folder);
  if (entries.length === 0) return 'it is empty';
  const names = entries
    .slice(0, 5)
    .map(({ name, isFolder }) => (isFolder ? `${printableName(name)}/` : printableName(name)));
  const more = entries.length > names.length ? ` and ${entries.length - names.length} more` : '';
  return `it holds ${names.join(', ')}${more}`;
}

async function walk(
  root: string,
  below: string,
  parents: readonly string[],
  found: { images: string[]; leftOut: string[] },
): Promise<void> {
  const folder = join(root, below);
  const real = await realpath(folder).catch((error: unknown) => {
    throw cannotOpen(folder, error);
  });
  // A link to a folder that it lies in.
  if (parents.includes(real)) return;
  const entries = await visibleEntries(folder);
  const pathOf = ({ name }: Entry) => (below === '' ? name : `${below}/${name}`);
  const files = entries.filter(({ isFolder }) => !isFolder);
  for (let start = 0; start < files.length; start += OPENED_AT_ONCE) {
    const opened = files.slice(start, start + OPENED_AT_ONCE);
    const areImages = await Promise.all(opened.map((file) => isImage(join(folder, file.name), file)));
    for (const [index, file] of opened.entries())
      (areImages[index] ? found.images : found.leftOut).push(pathOf(file));
  }
  for (const entry of entries) if (entry.isFolder) await walk(root, pathOf(entry), [...parents, real], found);
}

/** How many files are open at once while it is looked how they begin. */
const OPENED_AT_ONCE = 16;

async function isImage(path: string, { name, isSpecial }: Entry): Promise<boolean> {
  const ending = extname(name).toLowerCase();
  // To open a pipe is to wait for the other end.
  if (isSpecial || PREVIEW_ENDINGS.has(ending)) return false;
  return IMAGE_ENDINGS.has(ending) || isImageFile(path).catch(() => false);
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  /** A pipe, a socket, a device. */
  readonly isSpecial: boolean;
}

async function visibleEntries(folder: string): Promise<Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw cannotOpen(folder, error);
  });
  const visible = entries.filter(({ name }) => !name.startsWith('.') && !CLUTTER.has(name.toLowerCase()));
  const followed = await Promise.all(visible.map((entry) => follow(folder, entry)));
  return followed.sort((left, right) => naturalOrder(left.name, right.name));
}

async function follow(folder: string, entry: Dirent): Promise<Entry> {
  const { name } = entry;
  // A link to nothing counts as the file it should lead to.
  const target = entry.isSymbolicLink() ? await stat(join(folder, name)).catch(() => null) : entry;
  const isFolder = target?.isDirectory() ?? false;
  return { name, isFolder, isSpecial: target !== null && !isFolder && !target.isFile() };
}

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
