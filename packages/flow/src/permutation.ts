import { randomOrder, tf } from '@adfw/core';

/** A fixed order of the channels, by which every coupling sees others in either half. */
export interface Permutation {
  /** `[…, C]` in the new order. */
  apply<T extends tf.Tensor>(x: T): T;
  /** What {@link apply} was given. */
  undo<T extends tf.Tensor>(x: T): T;
}

/** A random one, which depends on the seed and `stream` alone. */
export const randomPermutation = (channels: number, seed: number, stream: number): Permutation =>
  permutationOf(randomOrder(channels, seed, stream));

/**
 * Its gradient is the inverse order, gathered as well: that of a gather in general adds up what was taken more than once, which takes an
 * engine far longer.
 * @param order which channel comes first, second, and so on.
 */
export function permutationOf(order: readonly number[]): Permutation {
  const inverse = Array.from({ length: order.length }, () => 0);
  for (const [to, from] of order.entries()) inverse[from] = to;
  const gatherer = (by: readonly number[], back: readonly number[]) => {
    const gathered = tf.customGrad((x) => ({
      value: gather(x as tf.Tensor, by),
      gradFunc: (dy) => gather(dy, back),
    }));
    return <T extends tf.Tensor>(x: T): T => gathered(x) as T;
  };
  return { apply: gatherer(order, inverse), undo: gatherer(inverse, order) };
}

const gather = (x: tf.Tensor, by: readonly number[]): tf.Tensor =>
  tf.gather(x, tf.tensor1d([...by], 'int32'), -1);
