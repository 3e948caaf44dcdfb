/** Datasets in the layouts of MVTec AD and other public ones, of a table, and of any folder of images. */
import { definePlugin, type Plugin } from '@adfw/core';
import { dagmDataset } from './dagm-dataset.js';
import { folderDataset } from './folder-dataset.js';
import { kolektorSdd2Dataset, kolektorSddDataset } from './kolektor-datasets.js';
import { mvtecDataset } from './mvtec-dataset.js';
import { realIadDataset } from './real-iad-dataset.js';
import { tableDataset } from './table-dataset.js';
import { treePart } from './tree-dataset.js';
import { ad2Layout, autoViLayout, btadLayout, locoLayout, mpddLayout } from './tree-layouts.js';
import { visaDataset } from './visa-dataset.js';

export { createFolderDataset, type FolderOptions } from './folder-dataset.js';
export { refuseMasksBeside, separateMasks } from './mask-files.js';
export { createMvtecDataset, type MvtecOptions, mvtecCategories } from './mvtec-dataset.js';
export {
  describeUnknownLayout,
  type RecognizedLayout,
  recognizeLayout,
} from './recognize-layout.js';
export { nominalTrainingFolder } from './tree-dataset.js';

export const plugin: Plugin = definePlugin({
  name: '@adfw/datasets-mvtec',
  parts: [
    mvtecDataset,
    folderDataset,
    tableDataset,
    visaDataset,
    ...[btadLayout, locoLayout, ad2Layout, mpddLayout, autoViLayout].map(treePart),
    kolektorSddDataset,
    kolektorSdd2Dataset,
    dagmDataset,
    realIadDataset,
  ],
});
export default plugin;
