import type { KernelConfig } from '@tensorflow/tfjs-core';
import { addNConfig } from './add-n.js';
import { argMaxConfigs } from './arg-max.js';
import { batchNormConfig } from './batch-norm.js';
import { binaryConfigs } from './binary.js';
import { castConfig } from './cast.js';
import { concatConfigs } from './concat.js';
import { conv2dConfigs } from './conv2d.js';
import { cumsumConfig } from './cumsum.js';
import { depthwiseConv2dConfigs } from './depthwise-conv2d.js';
import { einsumConfig } from './einsum.js';
import { fillConfigs } from './fill.js';
import { gatherConfigs } from './gather.js';
import { matMulConfigs } from './mat-mul.js';
import { oneHotConfig } from './one-hot.js';
import { padConfigs } from './pad.js';
import { poolConfigs } from './pool.js';
import { rangeConfigs } from './range.js';
import { reduceConfigs } from './reduce.js';
import { reshapeConfigs } from './reshape.js';
import { resizeConfigs } from './resize.js';
import { scatterConfigs } from './scatter.js';
import { selectConfig } from './select.js';
import { sliceConfigs } from './slice.js';
import { softmaxConfigs } from './softmax.js';
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
  cumsumConfig,
  ...depthwiseConv2dConfigs,
  einsumConfig,
  ...fillConfigs,
  ...gatherConfigs,
  ...matMulConfigs,
  oneHotConfig,
  ...padConfigs,
  ...poolConfigs,
  ...rangeConfigs,
  ...reduceConfigs,
  ...reshapeConfigs,
  ...resizeConfigs,
  ...scatterConfigs,
  selectConfig,
  ...sliceConfigs,
  ...softmaxConfigs,
  tileConfig,
  topKConfig,
  transposeConfig,
  ...unaryConfigs,
];
