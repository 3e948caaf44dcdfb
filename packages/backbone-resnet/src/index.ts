/**
 * ResNets as teachers and students, with torchvision's names, so that its weight files, and those of everybody who uses them,
 * can be read.
 */
import { definePlugin } from '@adfw/core';
import { resnetPart } from './resnet-part.js';

export { architectureNames, type LayerName, layerNames, type ResNetArchitecture } from './architectures.js';
export { type NetworkOptions, STANDARD_WIDTH } from './network.js';
export { createResNet, type ResNetOptions } from './resnet.js';
export { commonOptions, createResNetPart, type ResNetPartOptions } from './resnet-part.js';
export { imagenetWeights } from './weights/imagenet.js';
export { saveWeights } from './weights/save-weights.js';
export type { StateDict, StateTensor } from './weights/state-dict.js';
export { loadWeights, type WeightFile } from './weights/weight-file.js';

const he = 'He et al. 2016, "Deep Residual Learning for Image Recognition", table 1';

export const plugin = definePlugin({
  name: '@adfw/backbone-resnet',
  parts: [
    resnetPart('resnet18', 'ResNet-18: 2, 2, 2, 2 blocks of two 3x3 convolutions.', he),
    resnetPart('resnet34', 'ResNet-34: 3, 4, 6, 3 blocks of two 3x3 convolutions.', he),
    resnetPart(
      'resnet50',
      'ResNet-50: 3, 4, 6, 3 bottleneck blocks.',
      `${he}; stride in the 3x3 convolution`,
    ),
    resnetPart(
      'wide_resnet50_2',
      'Wide ResNet-50-2: ResNet-50 with twice the channels inside its blocks.',
      'Zagoruyko and Komodakis 2016, "Wide Residual Networks"',
    ),
  ],
});
export default plugin;
