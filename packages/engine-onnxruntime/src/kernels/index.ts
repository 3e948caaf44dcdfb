import type { KernelConfig } from '@tensorflow/tfjs-core';
import { addNConfig } from './add-n.js';
import { argMaxConfigs } from './arg-max.js';
import { batchNormConfig } from './batch-norm.js';
import { binaryConfigs } from './binary.js';
import { castConfig } from './cast.js';
import { concatConfigs } from './concat.js';
import { conv2dConfigs } from './conv2d.js';
import { conv3dConfigs } from './conv3d.js';
import { cropAndResizeConfig } from './crop-and-resize.js';
import { cumulativeConfigs } from './cumulative.js';
import { depthToSpaceConfig } from './depth-to-space.js';
import { depthwiseConv2dConfigs } from './depthwise-conv2d.js';
import { diagConfig } from './diag.js';
import { dilation2dConfig } from './dilation2d.js';
import { einsumConfig } from './einsum.js';
import { fillConfigs } from './fill.js';
import { gatherConfigs } from './gather.js';
import { hostConfigs } from './host.js';
import { lrnConfigs } from './lrn.js';
import { matMulConfigs } from './mat-mul.js';
import { maxPoolWithArgmaxConfig } from './max-pool-with-argmax.js';
import { oneHotConfig } from './one-hot.js';
import { padConfigs } from './pad.js';
import { poolConfigs } from './pool.js';
import { pool3dConfigs } from './pool3d.js';
import { rangeConfigs } from './range.js';
import { reduceConfigs } from './reduce.js';
import { reshapeConfigs } from './reshape.js';
import { resizeConfigs } from './resize.js';
import { rotateConfig } from './rotate.js';
import { scatterConfigs } from './scatter.js';
import { selectConfig } from './select.js';
import { sliceConfigs } from './slice.js';
import { softmaxConfigs } from './softmax.js';
import { spaceToBatchConfigs } from './space-to-batch.js';
import { tileConfig } from './tile.js';
import { topKConfig } from './top-k.js';
import { transposeConfig } from './transpose.js';
import { unaryConfigs } from './unary.js';

/** Every kernel of the backend. */
export const kernelConfigs: readonly KernelConfig[] = [
  addNConfig,
  ...argMaxConfigs,
  batchNormConfig,
  ...binaryConfigs,
  castConfig,
  ...concatConfigs,
  ...conv2dConfigs,
  ...conv3dConfigs,
  cropAndResizeConfig,
  ...cumulativeConfigs,
  depthToSpaceConfig,
  ...depthwiseConv2dConfigs,
  diagConfig,
  dilation2dConfig,
  einsumConfig,
  ...fillConfigs,
  ...gatherConfigs,
  ...hostConfigs,
  ...lrnConfigs,
  ...matMulConfigs,
  maxPoolWithArgmaxConfig,
  oneHotConfig,
  ...padConfigs,
  ...poolConfigs,
  ...pool3dConfigs,
  ...rangeConfigs,
  ...reduceConfigs,
  ...reshapeConfigs,
  ...resizeConfigs,
  rotateConfig,
  ...scatterConfigs,
  selectConfig,
  ...sliceConfigs,
  ...softmaxConfigs,
  ...spaceToBatchConfigs,
  tileConfig,
  topKConfig,
  transposeConfig,
  ...unaryConfigs,
];
