import { tf } from '@adfw/core';

/**
 * The mean over rows of −log softmax at the row's class.
 * @param logits `[N, classes]`.
 * @param labels the number of the class of each row.
 */
export function crossEntropy(logits: tf.Tensor2D, labels: readonly number[]): tf.Scalar {
  return tf.tidy(() => {
    const [count, classes] = logits.shape;
    const picked = tf.mul(tf.logSoftmax(logits), tf.oneHot(tf.tensor1d([...labels], 'int32'), classes));
    return tf.div(tf.neg(tf.sum(picked)), count);
  });
}
