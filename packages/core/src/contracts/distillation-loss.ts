import type { Scalar } from '@tensorflow/tfjs-core';
import type { FeaturePyramid } from './feature-pyramid.js';

/**
 * What a student minimises on nominal images: how far its pyramid is from the teacher's. Both pyramids have the same layers
 * and shapes, `[N, Hk, Wk, Ck]`; the result is differentiable in the student's. Registered as the part kind `loss`.
 */
export type DistillationLoss = (teacher: FeaturePyramid, student: FeaturePyramid) => Scalar;
