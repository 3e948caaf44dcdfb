import { max, type Tensor1D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Detection } from '../contracts/model.js';

/** The image-level score is the maximum of the anomaly map (eq. 5.5). */
export const fromMaps = (maps: Tensor3D): Detection => ({ scores: max<Tensor1D>(maps, [1, 2]), maps });
