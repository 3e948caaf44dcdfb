import { cast, mul, sub, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core';

/** Per-channel mean and standard deviation of ImageNet, RGB in [0, 1]: what torchvision's backbones were trained with. */
export const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const;
export const IMAGENET_STD = [0.229, 0.224, 0.225] as const;

/**
 * RGB 0 to 255 to what a backbone takes: (x / 255 - mean) / std for each channel.
 * @param images `[N, H, W, 3]`, any number type, 0 to 255.
 */
export function standardize(images: Tensor4D): Tensor4D {
  return tidy(() => {
    const mean = tensor1d(IMAGENET_MEAN.map((value) => value * 255));
    const inverseStd = tensor1d(IMAGENET_STD.map((value) => 1 / (value * 255)));
    return mul(sub(cast(images, 'float32'), mean), inverseStd);
  });
}
