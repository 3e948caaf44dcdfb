/** Which dataset reads a folder, told by what lies where; nothing of an image is read. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { describeContents, foldersIn, imagesBelow } from '@adfw/images';
import { suggestedFolders } from './folder-suggestion.js';
import { knownLayout } from './known-layouts.js';
import { mvtecLayout } from './mvtec-dataset.js';
import { isTable, readTable } from './table-file.js';
import { nominalTrainingFolder, type TreeLayout, treeCategories, treeRoot } from './tree-dataset.js';
import { ad2Layout, autoViLayout, btadLayout, locoLayout, mpddLayout } from './tree-layouts.js';

/** What reads a folder. */
export interface RecognizedLayout {
  /** The name of the dataset's part: `mvtec`. */
  readonly dataset: string;
  /** Of its options those that say where it is. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * The dataset whose layout a folder has, or a table has that is named itself. One of its own name goes before the layout of
 * MVTec AD, which many have, and that before any other folders with images of which one is called as nominal ones are.
 * @returns null where it is none of them.
 * @throws ConfigurationError where there is no such folder, it cannot be read, is empty, or a file that is no table.
 */
export async function recognizeLayout(path: string): Promise<RecognizedLayout | null> {
  const isFile = await stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
  if (isFile && isTable(path)) return { dataset: 'table', options: { file: path } };
  // Also says what is wrong with a path that is no folder.
  const folders = await foldersIn(path);
  if (folders.length === 0 && (await readdir(path)).length === 0)
    throw new ConfigurationError(`${path} is empty: there is no image in it.`);
  const known = await knownLayout(path);
  if (known !== null) return { dataset: known, options: { root: path } };
  const tree = await treeLayout(path, folders);
  if (tree !== null) return { dataset: tree, options: { root: path } };
  const table = await tableIn(path);
  if (table !== null) return { dataset: 'table', options: { file: table } };
  const roles = await suggestedFolders(path);
  return roles === null ? null : { dataset: 'folder', options: roles };
}

/** What a category has that only these have; MVTec AD has nothing of it. */
const treeSigns: readonly (readonly [TreeLayout, (category: string) => Promise<boolean>])[] = [
  [ad2Layout, async (category) => (await foldersIn(category)).includes('test_public')],
  [locoLayout, async (category) => (await foldersIn(category)).includes('validation')],
  [autoViLayout, hasMasksOfDefects],
];

async function treeLayout(root: string, folders: readonly string[]): Promise<string | null> {
  // Which of these it is, only the folder that the archive brings can tell.
  for (const { name, around = [] } of [btadLayout, mpddLayout])
    if (around.some((folder) => folders.includes(folder))) return name;
  if (folders.includes('1cls') && (await categoriesIn(join(root, '1cls'), mvtecLayout)) !== undefined)
    return 'visa';
  for (const [layout, isOne] of treeSigns) {
    const categories = await categoriesIn(root, layout);
    if (categories === undefined) continue;
    const [first = '.'] = categories ?? [];
    if (await isOne(join(await treeRoot(root, layout), first))) return layout.name;
  }
  const categories = await categoriesIn(root, mvtecLayout);
  if (categories === undefined) return null;
  return (await hasNominalFolder(categories === null ? root : join(root, categories[0] as string)))
    ? mvtecLayout.name
    : null;
}

/** Where it is doubtful which folder is that of the nominal images, the dataset says so better when it is opened. */
const hasNominalFolder = (category: string): Promise<boolean> =>
  nominalTrainingFolder(category).then(
    (folder) => folder !== null,
    () => true,
  );

/** undefined where there are none, and it is none itself. */
const categoriesIn = (root: string, layout: TreeLayout): Promise<string[] | null | undefined> =>
  treeCategories(root, layout).catch((error: unknown) => {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  });

/** Whether there is `ground_truth/crack/000/0.png` in a category. */
async function hasMasksOfDefects(category: string): Promise<boolean> {
  const masks = join(category, 'ground_truth');
  for (const kind of (await foldersIn(category)).includes('ground_truth') ? await foldersIn(masks) : [])
    if ((await foldersIn(join(masks, kind))).length > 0) return true;
  return false;
}

/** The only table of a folder that says what is trained on and tested with. */
async function tableIn(folder: string): Promise<string | null> {
  const tables: string[] = [];
  for (const name of await readdir(folder)) {
    if (!isTable(name) || name.startsWith('.')) continue;
    const table = await readTable(join(folder, name)).catch(() => null);
    if (table && ['image', 'label', 'split'].every((column) => table.columns.includes(column)))
      tables.push(join(folder, name));
  }
  return tables.length === 1 ? (tables[0] as string) : null;
}

/** So many folders with images are named. */
const MOST_FOLDERS = 6;

/**
 * What lies in a folder that is laid out as no dataset, and how it would be read.
 * @returns a sentence or two.
 */
export async function describeUnknownLayout(root: string): Promise<string> {
  const found: { folder: string; images: number }[] = [];
  for (const name of await foldersIn(root)) {
    const folder = join(root, name);
    const images = await imagesBelow(folder).then(
      ({ images }) => images.length,
      () => 0,
    );
    if (images > 0) found.push({ folder, images });
  }
  if (found.length === 0) return `${root} has no folder with images: ${await describeContents(root)}.`;
  const listed = found
    .slice(0, MOST_FOLDERS)
    .map(({ folder, images }) => `${folder} (${images} images)`)
    .join(', ');
  const more = found.length > MOST_FOLDERS ? ` and ${found.length - MOST_FOLDERS} more` : '';
  return `There are images in ${listed}${more}. If one of them holds nominal images alone, it is read by --set dataset.type=folder --set dataset.train=${found[0]?.folder}, with dataset.testNominal and dataset.testDefective for those to test with; if none does, list the images in a table (--dataset table).`;
}
