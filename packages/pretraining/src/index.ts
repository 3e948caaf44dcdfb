/** Pretraining: makes teachers, by training networks on any images before they are used. */
export { cosineDecay } from './cosine-decay.js';
export { type CropOptions, cropBatch } from './crops.js';
export { type GeneratedImagesOptions, generatedImages } from './generated-images.js';
export { joinedImages, keptImages, type PretrainingImages } from './images.js';
export { type Pretraining, type PretrainingEvent, type PretrainingRecord, pretrain } from './pretrain.js';
export { type PyramidTaskOptions, pyramidTask } from './pyramid-task.js';
export type { PretrainingTask } from './task.js';
