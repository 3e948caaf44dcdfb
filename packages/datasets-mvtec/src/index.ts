/** Datasets in the MVTec AD layout and of any folder of images. */
import { definePlugin, type Plugin } from '@adfw/core';
import { folderDataset } from './folder-dataset.js';
import { mvtecDataset } from './mvtec-dataset.js';

export { createFolderDataset, type FolderOptions } from './folder-dataset.js';
export { refuseMasksBeside, separateMasks } from './mask-files.js';
export {
  createMvtecDataset,
  findCategory,
  type MvtecOptions,
  mvtecCategories,
  nominalTrainingFolder,
} from './mvtec-dataset.js';

export const plugin: Plugin = definePlugin({
  name: '@adfw/datasets-mvtec',
  parts: [mvtecDataset, folderDataset],
});
export default plugin;
