import { tf } from '@adfw/core';

/** A 1x1 convolution with a bias, which brings feature maps from some channels to others. */
export interface ChannelConvolution {
  /** `[1, 1, from, to]`, drawn from a normal distribution of variance 1 / from. */
  readonly weight: tf.Variable;
  /** `[to]`, which begins at 0. */
  readonly bias: tf.Variable;
  /** `[N, H, W, from]` to `[N, H, W, to]`. */
  apply(features: tf.Tensor4D): tf.Tensor4D;
}

export function channelConvolution(from: number, to: number, seed: number): ChannelConvolution {
  const [weight, bias] = tf.tidy(() => [
    tf.variable(tf.randomNormal([1, 1, from, to], 0, Math.sqrt(1 / from), 'float32', seed)),
    tf.variable(tf.zeros([to])),
  ]) as [tf.Variable, tf.Variable];
  return {
    weight,
    bias,
    apply: (features) => tf.add(tf.conv2d(features, weight as tf.Variable & tf.Tensor4D, 1, 'same'), bias),
  };
}
