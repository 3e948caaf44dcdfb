/**
 * ResNets, and residual networks of any other shape, pretrained or to be trained, with torchvision's names, so that its weight files,
 * and those of everybody who uses them, can be read.
 */
import { definePlugin } from '@adfw/core';
import { residualPart } from './resnet/residual-part.js';
import { resnetPart } from './resnet/resnet-part.js';

export {
  initialValues,
  type PartStart,
  residualScaleOption,
  type Start,
  standardResidualScaleOption,
  TRAINED_RESIDUAL_SCALE,
} from './layers/initialization.js';
export {
  batchNorm,
  classifier,
  convolution,
  identity,
  type Layer,
  leakyRelu,
  type MapSize,
  type Pass,
  passOf,
  relu,
  residual,
  sequence,
  sigmoid,
  type TensorSpec,
  tanh,
} from './layers/layer.js';
export { type LayerNetwork, layerNetwork } from './layers/layer-network.js';
export {
  fromVector,
  type MirroredShape,
  mirroredDecoder,
  mirroredEncoder,
  mirroredShape,
  toVector,
} from './layers/mirrored-convolutions.js';
export { createVariables, type NetworkVariables } from './layers/network-variables.js';
export { upsampling } from './layers/transposed-convolution.js';
export {
  architectureNames,
  architectures,
  type ResNetArchitecture,
  type ResNetVariation,
  resNetShape,
  STANDARD_WIDTH,
} from './resnet/architectures.js';
export { builtInNetwork } from './resnet/built-in.js';
export { builtInWeights } from './resnet/built-in-file.js';
export { imagenetWeights } from './resnet/imagenet.js';
export { createNetwork, type NetworkOptions } from './resnet/network-backbone.js';
export { type NetworkCost, networkCost } from './resnet/network-cost.js';
export {
  type BlockKind,
  type BlockShape,
  type LayerName,
  layerNames,
  logitsName,
  type NetworkShape,
} from './resnet/network-shape.js';
export { type PerBlock, type ResidualShapeOptions, residualShape } from './resnet/residual-shape.js';
export { createResNet, type ResNetOptions } from './resnet/resnet.js';
export { commonOptions, createResNetPart, type ResNetPartOptions } from './resnet/resnet-part.js';
export { saveWeights } from './weights/save-weights.js';
export {
  fileShape,
  fromFileLayout,
  type StateDict,
  type StateTensor,
  stateDictOf,
  toFileLayout,
} from './weights/state-dict.js';
export { loadWeights, type WeightFile } from './weights/weight-file.js';

const he = 'He et al. 2016, "Deep Residual Learning for Image Recognition", table 1';

export const plugin = definePlugin({
  name: '@adfw/networks',
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
    residualPart,
  ],
});
export default plugin;
