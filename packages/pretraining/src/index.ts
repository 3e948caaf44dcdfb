/** Pretraining: makes networks for models to work on, by training them on any images before they are used. */
import { definePlugin } from '@adfw/core';
import { descriptorPart } from './descriptors/descriptor-part.js';
import { pyramidPart } from './pyramid/pyramid-part.js';

export { type CropTraining, cropStage } from './crop-stage.js';
export { type CropOptions, cropsOf } from './crops.js';
export { compactnessLoss } from './descriptors/compactness-loss.js';
export type { DescriptorPartOptions } from './descriptors/descriptor-part.js';
export { type DescriptorOptions, descriptorPretraining } from './descriptors/descriptor-pretraining.js';
export { tripletLoss } from './descriptors/triplet-loss.js';
export { type GeneratedImagesOptions, generatedImages } from './generated-images.js';
export { inFullBatches, joinedImages, keptImages, type PretrainingImages } from './images.js';
export { commonOptions, GENERATED, type PretrainingOptions, resolvePretraining } from './options.js';
export type { PyramidPartOptions } from './pyramid/pyramid-part.js';
export { type PyramidOptions, pyramidPretraining } from './pyramid/pyramid-pretraining.js';
export { selectWeights } from './pyramid/weight-selection.js';

export const plugin = definePlugin({ name: '@adfw/pretraining', parts: [pyramidPart, descriptorPart] });
export default plugin;
