import type { Tensor4D } from '@tensorflow/tfjs-core';

/**
 * What a backbone sees in a batch of images: for each layer, by name and from shallow to deep, its feature maps
 * `[N, Hk, Wk, Ck]`. The vector at position (i, j) of a layer is the thesis' feature vector Φₖ(x)ᵢⱼ.
 */
export type FeaturePyramid = Record<string, Tensor4D>;
