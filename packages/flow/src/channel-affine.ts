import { tf } from '@adfw/core';
import type { FlowStep } from './affine-coupling.js';

/**
 * z = x · exp(w) + b, with a w and a b for each channel (Kingma and Dhariwal 2018, "Glow", section 3.1, actnorm): a coupling leaves half
 * of the channels as they are, and what all share is learnt here.
 * @param logScale `[C]`, w. @param offset `[C]`, b.
 */
export const channelAffine = (logScale: tf.Tensor1D, offset: tf.Tensor1D): FlowStep => ({
  forward: <T extends tf.Tensor>(x: T) => {
    const positions = x.shape.slice(1, -1).reduce((product, length) => product * length, 1);
    const sum = tf.mul<tf.Scalar>(tf.sum(logScale), positions);
    return {
      z: tf.add(tf.mul(x, tf.exp(logScale)), offset) as T,
      logDeterminant: tf.mul<tf.Tensor1D>(tf.ones([x.shape[0]]), sum),
    };
  },
  inverse: <T extends tf.Tensor>(z: T) => tf.mul(tf.sub(z, offset), tf.exp(tf.neg(logScale))) as T,
});
