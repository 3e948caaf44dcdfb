/** Pretraining: makes teachers, by training networks on any images before they are used. */

export { compactnessLoss } from './compactness-loss.js';
export { cosineDecay } from './cosine-decay.js';
export { type CropOptions, cropBatch } from './crops.js';
export { type DescriptorKindOptions, descriptorKind } from './descriptor-kind.js';
export { type DescriptorTaskOptions, descriptorTask } from './descriptor-task.js';
export { type GeneratedImagesOptions, generatedImages } from './generated-images.js';
export { joinedImages, keptImages, type PretrainingImages } from './images.js';
export type { PretrainingKind } from './kind.js';
export {
  commonOptions,
  findKind,
  GENERATED,
  type PretrainingOptions,
  resolvePretraining,
} from './options.js';
export { type Pretraining, type PretrainingEvent, type PretrainingRecord, pretrain } from './pretrain.js';
export { type PyramidKindOptions, pyramidKind } from './pyramid-kind.js';
export { type PyramidTaskOptions, pyramidTask } from './pyramid-task.js';
export type { PretrainingTask } from './task.js';
export { tripletLoss } from './triplet-loss.js';
export { selectWeights } from './weight-selection.js';
