/** What to write for folders that are not laid out as MVTec AD. */
import { join } from 'node:path';
import { shellCommand } from '@adfw/core';
import { foldersIn, holdsImages } from '@adfw/images';
import { isDefectiveName, isLayoutFolder, isNominalName } from './folder-names.js';
import { knownLayout } from './known-layouts.js';

/**
 * A sentence that names the dataset whose layout `root` has, or else the dataset `folder`, with the flags for what is in it, to go after one
 * that says what is wrong; empty where nothing in it looks like images to train on.
 */
export async function suggestFolderDataset(root: string): Promise<string> {
  const known = await knownLayout(root);
  if (known !== null) return ` It is laid out as ${known}: give --dataset ${known} beside --data.`;
  const folders = await suggestedFolders(root);
  if (folders === null) return '';
  const flags = Object.entries(folders).flatMap(([option, folder]) => [
    '--set',
    `dataset.${option}=${folder}`,
  ]);
  return ` Images in folders of any other layout are the dataset "folder": in place of --data give ${shellCommand(['--set', 'dataset.type=folder', ...flags])}`;
}

/** Options of the dataset `folder`. */
type Roles = { train: string } & Partial<Record<'testNominal' | 'testDefective', string>>;

/** The folders that the dataset `folder` would read, by their names; null where nothing looks like images to train on. */
export async function suggestedFolders(root: string): Promise<Roles | null> {
  const folders = await foldersIn(root);
  const train = folders.find((name) => isLayoutFolder('train', name));
  if (train !== undefined) {
    if (!(await holdsImages(join(root, train)))) return null;
    const test = folders.find((name) => isLayoutFolder('test', name));
    return { train: join(root, train), ...(test !== undefined && (await testRoles(join(root, test)))) };
  }
  const nominal = folders.find(isNominalName);
  if (nominal !== undefined) return { train: join(root, nominal), ...(await defectiveRole(root, folders)) };
  return folders.length === 0 && (await holdsImages(root)) ? { train: root } : null;
}

async function testRoles(test: string): Promise<Omit<Roles, 'train'>> {
  const folders = await foldersIn(test);
  const nominal = folders.find(isNominalName);
  return {
    ...(nominal !== undefined && { testNominal: join(test, nominal) }),
    ...(await defectiveRole(test, folders)),
  };
}

/** The folder of defective images: the one that is called so, or the only one that is not of nominal ones. */
async function defectiveRole(
  parent: string,
  folders: readonly string[],
): Promise<Pick<Roles, 'testDefective'>> {
  const others = folders.filter((name) => !isNominalName(name));
  const name = others.find(isDefectiveName) ?? (others.length === 1 ? others[0] : undefined);
  return name === undefined ? {} : { testDefective: join(parent, name) };
}
