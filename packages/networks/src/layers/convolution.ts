import { tf } from '@adfw/core';

/**
 * PyTorch's Conv2d without a bias: padding of (kernel - 1) / 2 on every side, for odd kernels.
 *
 * @param x `[N, H, W, C]`
 * @param kernel `[kh, kw, C, K]`
 * @returns `[N, ⌈H / stride⌉, ⌈W / stride⌉, K]`
 */
export function convolution(x: tf.Tensor4D, kernel: tf.Tensor4D, stride: number): tf.Tensor4D {
  // TensorFlow's "same" padding is PyTorch's where the stride is 1; at stride 2 it pads an even size on one side only.
  if (stride === 1) return tf.conv2d(x, kernel, 1, 'same');
  const padding = (kernel.shape[0] - 1) / 2;
  if (padding === 0) return tf.conv2d(x, kernel, stride, 'valid');
  return padsInside()
    ? tf.conv2d(x, kernel, stride, padding)
    : tf.conv2d(pad(x, padding, 0), kernel, stride, 'valid');
}

/** PyTorch's MaxPool2d(3, stride 2, padding 1): what is padded never is the maximum. */
export function maxPool(x: tf.Tensor4D): tf.Tensor4D {
  const { image, padding } = poolable(x);
  return tf.maxPool(image, 3, 2, padding);
}

/** The gradient of x, of that of {@link maxPool}(x): what tfjs derives, where a gradient is written out and it can't. */
export function maxPoolGradient(dy: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D {
  const { image, padding } = poolable(x);
  const inputs = { dy, input: image, output: tf.maxPool(image, 3, 2, padding) };
  const attributes = { filterSize: 3, strides: 2, pad: padding };
  const gradient = tf.engine().runKernel(tf.MaxPoolGrad, inputs, attributes) as tf.Tensor4D;
  return image === x ? gradient : tf.slice4d(gradient, [0, 1, 1, 0], x.shape);
}

const poolable = (x: tf.Tensor4D): { image: tf.Tensor4D; padding: number | 'valid' } =>
  padsInside() ? { image: x, padding: 1 } : { image: pad(x, 1, Number.NEGATIVE_INFINITY), padding: 'valid' };

/** The kernels of tfjs-node (the backend "tensorflow") refuse any padding but "same" and "valid". */
const padsInside = (): boolean => tf.getBackend() !== 'tensorflow';

const pad = (x: tf.Tensor4D, by: number, value: number): tf.Tensor4D =>
  tf.pad4d(
    x,
    [
      [0, 0],
      [by, by],
      [by, by],
      [0, 0],
    ],
    value,
  );
