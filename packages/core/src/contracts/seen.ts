import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { FeaturePyramid } from './feature-pyramid.js';

/** What a model is given of a batch of images. */
export interface Seen {
  /** `[N, H, W, 3]`, RGB, normalised as the model says. */
  readonly images: Tensor4D;
  /** What the model's backbone gives for them; {} where it has none. */
  readonly features: FeaturePyramid;
}
