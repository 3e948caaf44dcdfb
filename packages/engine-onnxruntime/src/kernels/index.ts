import type { KernelConfig } from '@tensorflow/tfjs-core';
import { addNConfig } from './arithmetic/add-n.js';
import { binaryConfigs } from './arithmetic/binary.js';
import { castConfig } from './arithmetic/cast.js';
import { selectConfig } from './arithmetic/select.js';
import { unaryConfigs } from './arithmetic/unary.js';
import { conv2dConfigs } from './convolution/conv2d.js';
import { conv3dConfigs } from './convolution/conv3d.js';
import { depthwiseConv2dConfigs } from './convolution/depthwise-conv2d.js';
import { fillConfigs } from './creation/fill.js';
import { rangeConfigs } from './creation/range.js';
import { hostConfigs } from './host.js';
import { cropAndResizeConfig } from './image/crop-and-resize.js';
import { resizeConfigs } from './image/resize.js';
import { rotateConfig } from './image/rotate.js';
import { gatherConfigs } from './indexing/gather.js';
import { oneHotConfig } from './indexing/one-hot.js';
import { scatterConfigs } from './indexing/scatter.js';
import { diagConfig } from './linear-algebra/diag.js';
import { einsumConfig } from './linear-algebra/einsum.js';
import { matMulConfigs } from './linear-algebra/mat-mul.js';
import { batchNormConfig } from './normalization/batch-norm.js';
import { lrnConfigs } from './normalization/lrn.js';
import { softmaxConfigs } from './normalization/softmax.js';
import { dilation2dConfig } from './pooling/dilation2d.js';
import { maxPoolWithArgmaxConfig } from './pooling/max-pool-with-argmax.js';
import { poolConfigs } from './pooling/pool.js';
import { pool3dConfigs } from './pooling/pool3d.js';
import { argMaxConfigs } from './reduction/arg-max.js';
import { cumulativeConfigs } from './reduction/cumulative.js';
import { reduceConfigs } from './reduction/reduce.js';
import { topKConfig } from './reduction/top-k.js';
import { concatConfigs } from './shape/concat.js';
import { depthToSpaceConfig } from './shape/depth-to-space.js';
import { padConfigs } from './shape/pad.js';
import { reshapeConfigs } from './shape/reshape.js';
import { sliceConfigs } from './shape/slice.js';
import { spaceToBatchConfigs } from './shape/space-to-batch.js';
import { tileConfig } from './shape/tile.js';
import { transposeConfig } from './shape/transpose.js';

/** Every kernel of the backend. One that is added is listed here, and nowhere else. */
export const kernelConfigs: readonly KernelConfig[] = [
  addNConfig,
  binaryConfigs,
  castConfig,
  selectConfig,
  unaryConfigs,
  conv2dConfigs,
  conv3dConfigs,
  depthwiseConv2dConfigs,
  fillConfigs,
  rangeConfigs,
  hostConfigs,
  cropAndResizeConfig,
  resizeConfigs,
  rotateConfig,
  gatherConfigs,
  oneHotConfig,
  scatterConfigs,
  diagConfig,
  einsumConfig,
  matMulConfigs,
  batchNormConfig,
  lrnConfigs,
  softmaxConfigs,
  dilation2dConfig,
  maxPoolWithArgmaxConfig,
  poolConfigs,
  pool3dConfigs,
  argMaxConfigs,
  cumulativeConfigs,
  reduceConfigs,
  topKConfig,
  concatConfigs,
  depthToSpaceConfig,
  padConfigs,
  reshapeConfigs,
  sliceConfigs,
  spaceToBatchConfigs,
  tileConfig,
  transposeConfig,
].flat();
