import { tf } from '@adfw/core';

/** ‖x − y‖² of each vector of one list to each of the other, `[N, D]` and `[M, D]`: `[N, M]`. */
export const squaredDistances = (vectors: tf.Tensor2D, others: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => {
    const norms = tf.sum(tf.square(vectors), 1, true);
    const otherNorms = tf.sum(tf.square(others), 1);
    const products = tf.matMul(vectors, others, false, true);
    return tf.relu(tf.sub(tf.add(norms, otherNorms), tf.mul(products, 2)));
  });
