import { tf } from '@adfw/core';
import type { Layer, TensorSpec } from './layer.js';

/** What height and width are multiplied by. The kernel has this side too, so that neighbouring squares touch and never overlap. */
const STRIDE = 2;

/**
 * PyTorch's ConvTranspose2d without a bias, kernel 2 and stride 2: each position becomes a square of 2x2.
 *
 * @param x `[N, H, W, C]`
 * @param kernel `[2, 2, K, C]`
 * @returns `[N, 2H, 2W, K]`
 */
export function transposedConvolution(x: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
  const [images, height, width] = x.shape;
  const outputs = kernel.shape[2];
  return tf.conv2dTranspose(x, kernel, [images, STRIDE * height, STRIDE * width, outputs], STRIDE, 'valid');
}

/** `transposedConvolution` as a layer; its tensor is `NAME.weight`. */
export function upsampling(name: string, inputs: number, outputs: number): Layer {
  const kernel: TensorSpec = {
    name: `${name}.weight`,
    role: 'kernel',
    shape: [STRIDE, STRIDE, outputs, inputs],
  };
  return {
    tensors: [kernel],
    apply: (x, { variables }) => transposedConvolution(x, variables[kernel.name] as tf.Variable<tf.Rank.R4>),
    work: ([height, width]) => ({
      multiplyAdds: STRIDE * STRIDE * inputs * outputs * height * width,
      size: [STRIDE * height, STRIDE * width],
    }),
  };
}
