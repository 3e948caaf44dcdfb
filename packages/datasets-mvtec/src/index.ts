/** Datasets in the MVTec AD layout and of any folder of images, and reading single images. */
import { definePlugin, type Plugin } from '@adfw/core';
import { folderDataset } from './folder-dataset.js';
import { mvtecDataset } from './mvtec-dataset.js';

export type { Size } from '@adfw/core';
export { checksum, fileChecksum } from './checksum.js';
export { imageDimensions, remedy as badImageRemedy } from './decode-image.js';
export * from './folder-dataset.js';
export { IMAGE_FORMAT_LIST, imageFormat, imageFormats, isImageFile } from './image-format.js';
export * from './left-out.js';
export { type FoundImages, listImages } from './list-images.js';
export { refuseMasksBeside, separateMasks } from './mask-files.js';
export * from './mvtec-dataset.js';
export * from './read-image.js';
export * from './read-mask.js';

export const plugin: Plugin = definePlugin({
  name: '@adfw/datasets-mvtec',
  parts: [mvtecDataset, folderDataset],
});
export default plugin;
