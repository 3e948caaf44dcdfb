/** By what a public data set is known whose images were given as if they lay as those of MVTec AD. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { foldersIn } from '@adfw/images';

/**
 * The dataset whose layout a folder has, other than those that are laid out as MVTec AD.
 * @returns null where it is none of them.
 */
export async function knownLayout(folder: string): Promise<string | null> {
  const folders = await foldersIn(folder);
  if (folders.includes('split_csv')) return 'visa';
  if (folders.includes('realiad_jsons')) return 'real-iad';
  if (folders.some((name) => /^kos\d+$/i.test(name))) return 'kolektor-sdd';
  if (await isDagm(folder, folders)) return 'dagm';
  if (!folders.includes('train')) return null;
  const files = await readdir(join(folder, 'train'));
  return files.some((name) => /_GT\.\w+$/i.test(name)) ? 'kolektor-sdd2' : null;
}

/** A class of DAGM, or a folder of them: `Class1/Train/Label`. */
async function isDagm(folder: string, folders: readonly string[]): Promise<boolean> {
  const inner = folders.find((name) => /^class\d+$/i.test(name));
  if (inner !== undefined) return isDagm(join(folder, inner), await foldersIn(join(folder, inner)));
  return folders.includes('Train') && (await foldersIn(join(folder, 'Train'))).includes('Label');
}
