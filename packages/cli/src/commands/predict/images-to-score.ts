/** Which images `adfw predict` scores. */
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { ConfigurationError, type LeftOut, printableName } from '@adfw/core';
import { separateMasks } from '@adfw/datasets-mvtec';
import { countLeftOut, listImages } from '@adfw/images';
import { isMarked, startOf } from '@adfw/runner';
import { count } from '../../shared/format.js';

export interface ImagesToScore {
  /** Each file once, as the path by which it was named first. */
  images: string[];
  /** Files in the folders that are no images. */
  leftOut: LeftOut;
  /** What else was left out, a sentence each. */
  notes: string[];
}

/**
 * The images at paths: files, and folders of them. Masks that lie beside their images in such a folder, and pictures that an earlier
 * call drew into it, are left out, and what is named twice, also by another spelling or the link of a folder, is scored once. A link to an image is an image of its own.
 * @throws ConfigurationError when there is nothing at a path, or no image in a folder or none but such pictures.
 */
export async function imagesToScore(paths: readonly string[]): Promise<ImagesToScore> {
  const pictures: string[] = [];
  const masks: string[] = [];
  const repeated: string[] = [];
  const found = new Map<string, string>();
  const others = new Set<string>();
  for (const path of paths) {
    const { images, leftOut } = await listImages(path);
    for (const file of leftOut) others.add(file);
    const separated = separateMasks(images);
    masks.push(...separated.masks);
    for (const image of separated.images) {
      if (image !== path && (await isPicture(image))) {
        pictures.push(image);
        continue;
      }
      const place = await placeOf(image);
      const known = found.get(place);
      if (known === undefined) found.set(place, image);
      else if (known !== image) repeated.push(`${image}, which is ${known}`);
    }
  }
  const notes = [
    ...(masks.length === 0
      ? []
      : [`Left out ${count(masks.length, 'mask')} of images beside them, ${firstOf(masks)}`]),
    ...(pictures.length === 0
      ? []
      : [`Left out ${count(pictures.length, 'picture')} that adfw predict has drawn, ${firstOf(pictures)}`]),
    ...(repeated.length === 0
      ? []
      : [`Scored once though named twice: ${count(repeated.length, 'image')}, ${firstOf(repeated)}`]),
  ];
  if (found.size === 0)
    throw new ConfigurationError(
      `There is no image to score but ${count(pictures.length, 'picture')} that adfw predict has drawn, ${firstOf(pictures)}`,
    );
  const images = [...found.values()];
  // A file that was named is an image, whatever its ending.
  for (const image of images) others.delete(image);
  return { images, leftOut: countLeftOut([...others]), notes };
}

const firstOf = (all: readonly string[]): string =>
  `${all.length === 1 ? '' : 'the first is '}${printableName(all[0] as string)}.`;

const isPicture = async (path: string): Promise<boolean> =>
  extname(path).toLowerCase() === '.png' && isMarked(await startOf(path).catch(() => Buffer.alloc(0)));

/** The same for all spellings of a path, and by whatever folder it is reached. */
async function placeOf(path: string): Promise<string> {
  try {
    const isLink = (await lstat(path)).isSymbolicLink();
    return isLink ? join(await realpath(dirname(path)), basename(path)) : await realpath(path);
  } catch {
    // Not there any more; who reads it says so.
    return path;
  }
}
