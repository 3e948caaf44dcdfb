/** Adam (Kingma and Ba 2015, algorithm 1) as a function of tensors, for what is searched for and not learnt. */
import { tf } from '@adfw/core';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** A value, of any shape, with its moments and the number of steps that led to it. */
export interface AdamState {
  readonly [name: string]: tf.Tensor;
  readonly value: tf.Tensor;
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
  readonly count: tf.Tensor;
}

export const adamStart = (value: tf.Tensor): AdamState => ({
  value,
  first: tf.zerosLike(value),
  second: tf.zerosLike(value),
  count: tf.scalar(0),
});

/** One step of `at` against the gradient of `loss`, which may have any shape: its sum is lowered. */
export function adamStep(
  loss: (value: tf.Tensor) => tf.Tensor,
  at: Readonly<Record<string, tf.Tensor>>,
  learningRate: number,
): AdamState {
  const { value, first, second, count } = at as AdamState;
  const gradient = tf.grad(loss)(value);
  const steps = tf.add(count, 1);
  const decayed = (moment: tf.Tensor, by: number, seen: tf.Tensor) =>
    tf.add(tf.mul(moment, by), tf.mul(seen, 1 - by));
  /** As if the moment had not begun at zero. */
  const corrected = (moment: tf.Tensor, by: number) => tf.div(moment, tf.sub(1, tf.pow(by, steps)));
  const m = decayed(first, BETA1, gradient);
  const v = decayed(second, BETA2, tf.square(gradient));
  const step = tf.div(corrected(m, BETA1), tf.add(tf.sqrt(corrected(v, BETA2)), EPSILON));
  return { value: tf.sub(value, tf.mul(step, learningRate)), first: m, second: v, count: steps };
}
