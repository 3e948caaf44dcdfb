import { cast, mul, sub, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Normalization } from '../contracts/backbone.js';

/** Per-channel mean and standard deviation of ImageNet, RGB in [0, 1]: what torchvision's backbones were trained with. */
export const imagenetNormalization: Normalization = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/**
 * RGB 0 to 255 to what a network takes: (x / 255 - mean) / std for each channel.
 * @param images `[N, H, W, 3]`, any number type, 0 to 255.
 */
export function normalize(images: Tensor4D, { mean, std }: Normalization = imagenetNormalization): Tensor4D {
  return tidy(() => {
    const means = tensor1d(mean.map((value) => value * 255));
    const inverseStds = tensor1d(std.map((value) => 1 / (value * 255)));
    return mul(sub(cast(images, 'float32'), means), inverseStds);
  });
}
