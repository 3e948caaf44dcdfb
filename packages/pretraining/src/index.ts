/** Pretraining: makes teachers, by training networks on any images before they are used. */

export { cosineDecay } from './cosine-decay.js';
export { type CropOptions, cropBatches } from './crops.js';
export { compactnessLoss } from './descriptors/compactness-loss.js';
export { type DescriptorKindOptions, descriptorKind } from './descriptors/descriptor-kind.js';
export { type DescriptorTaskOptions, descriptorTask } from './descriptors/descriptor-task.js';
export { tripletLoss } from './descriptors/triplet-loss.js';
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
export { type PyramidKindOptions, pyramidKind } from './pyramid/pyramid-kind.js';
export { type PyramidTaskOptions, pyramidTask } from './pyramid/pyramid-task.js';
export { selectWeights } from './pyramid/weight-selection.js';
export type { PretrainingTask } from './task.js';
