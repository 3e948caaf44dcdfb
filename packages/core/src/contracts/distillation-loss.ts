import type { Scalar } from '@tensorflow/tfjs-core';
import type { FeaturePyramid } from './feature-pyramid.js';

/**
 * What a student minimises on nominal images: how far its pyramid is from the teacher's. Both pyramids have the same layers
 * and shapes, `[N, Hk, Wk, Ck]`; the result is differentiable in the student's. A gradient that is written out (`tf.customGrad`) saves
 * what it needs of the teacher's: that may be computed in the same step and be gone by then. Registered as the part kind `loss`.
 */
export type DistillationLoss = (teacher: FeaturePyramid, student: FeaturePyramid) => Scalar;
