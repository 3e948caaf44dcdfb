/** Reading images and masks from files, and listing those of a folder. */
export type { Frame, Size } from '@adfw/core/plain';
export { checksum, fileChecksum } from './checksum.js';
export { decodeImage, imageDimensions, readBytes, remedy as badImageRemedy } from './decode-image.js';
export { IMAGE_FORMAT_LIST, imageFormat, imageFormats, isImageFile } from './image-format.js';
export { type ColorModel, type ImageHeader, imageHeader } from './image-header.js';
export { countLeftOut, describeLeftOut } from './left-out.js';
export {
  describeContents,
  type FoundImages,
  foldersIn,
  holdsImages,
  imagesBelow,
  listImages,
  noImage,
} from './list-images.js';
export { naturalOrder } from './natural-order.js';
export { checkReading, type ReadImageOptions, readImage } from './read-image.js';
export { readInThread } from './read-in-thread.js';
export { readMask, type SaturationOf } from './read-mask.js';
export { DECODED_AT_ONCE } from './threads.js';
