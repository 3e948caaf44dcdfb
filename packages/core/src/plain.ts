/**
 * What of the core needs neither tensors nor plugins: errors, images as data, and names. Threads that decode images load this in a
 * tenth of the time that all of it takes.
 */
export type { ImageReading, LeftOut, Mask, RgbImage } from './contracts/dataset.js';
export { ConfigurationError, DataError, type Fault } from './contracts/errors.js';
export type { Frame, Size } from './contracts/size.js';
export type { EachImage, PixelSource } from './contracts/threshold.js';
export { dropAlpha } from './images/drop-alpha.js';
export { frameCount } from './images/frame-count.js';
export { checkShape, NO_SCORE, ShapeError, shownSize } from './images/image-fit.js';
export { outlineRings, type Ring } from './images/outline.js';
export { resizeBilinear } from './images/resize.js';
export { resizeMask } from './images/resize-mask.js';
export { PARTS, workplaceOf } from './metrics/pixels/each-image.js';
export { type PixelWork, pixelWork } from './metrics/pixels/pixel-tasks.js';
export { type ValueRange, valueRange } from './model/value-range.js';
export { printableName } from './plugins/normalized-name.js';
