/** The files of results, one for each image. */
import { createHash } from 'node:crypto';
import { normalizedName, type Sample } from '@adfw/core';

/** Bytes that a file's name may have on the usual disks. */
const LONGEST = 255;

/** Names with the same key are one file where a disk tells neither case nor composed accents apart, as those of macOS and Windows. */
export const fileKey = (name: string): string => normalizedName(name).toLowerCase();

/**
 * A PNG for each image, on any disk a file of its own: the image's own path with the ending of a PNG; where images differ in their
 * ending only, it is added to theirs (`1.jpg.png`); where that is taken too, or is a folder's, a number is (`1.jpg~2.png`). A name
 * that would be too long is cut, and told apart by a hash. The same images in the same order give the same names.
 * @param samples ids are paths, with `/`.
 */
export function overlayNames(samples: readonly Pick<Sample, 'id'>[]): string[] {
  const ids = samples.map(({ id }) => id);
  const idsOfStem = new Map<string, Set<string>>();
  for (const id of ids) {
    const stem = fileKey(stemOf(id));
    idsOfStem.set(stem, (idsOfStem.get(stem) ?? new Set()).add(fileKey(id)));
  }
  const bases = ids.map((id) => (idsOfStem.get(fileKey(stemOf(id)))?.size === 1 ? stemOf(id) : id));

  const folders = new Set(ids.flatMap(foldersOf).map(fileKey));
  const wanted = bases.map((base, index) => pngName(base, '', ids[index] as string));
  const timesWanted = new Map<string, number>();
  for (const name of wanted) timesWanted.set(fileKey(name), (timesWanted.get(fileKey(name)) ?? 0) + 1);
  const taken = new Set(folders);
  const names = new Array<string>(ids.length);
  const take = (index: number, name: string) => {
    taken.add(fileKey(name));
    names[index] = name;
  };
  // First those that nobody else wants: whatever becomes of the others, they have their own name.
  for (const [index, name] of wanted.entries())
    if (timesWanted.get(fileKey(name)) === 1 && !taken.has(fileKey(name))) take(index, name);
  for (const [index, base] of bases.entries()) {
    if (names[index] !== undefined) continue;
    let name = wanted[index] as string;
    for (let number = 2; taken.has(fileKey(name)); number++)
      name = pngName(base, `~${number}`, ids[index] as string);
    take(index, name);
  }
  return names;
}

const stemOf = (id: string): string => id.replace(/\.[^./]+$/, '');

const foldersOf = (id: string): string[] => {
  const parts = id.split('/').slice(0, -1);
  return parts.map((_, depth) => parts.slice(0, depth + 1).join('/'));
};

function pngName(base: string, suffix: string, id: string): string {
  const slash = base.lastIndexOf('/') + 1;
  const [folder, name] = [base.slice(0, slash), base.slice(slash)];
  const end = `${suffix}.png`;
  if (Buffer.byteLength(name + end) <= LONGEST) return `${folder}${name}${end}`;
  const hash = `~${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
  let kept = '';
  for (const character of name) {
    if (Buffer.byteLength(kept + character + hash + end) > LONGEST) break;
    kept += character;
  }
  return `${folder}${kept}${hash}${end}`;
}
