import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';

/**
 * The numbers 0 to `length` - 1 in a random order that depends on `seed` and `stream` alone (Fisher-Yates over a Mersenne
 * twister): stream e is the order of epoch e, so a resumed run needs no generator's state to go on with the same batches.
 */
export function randomOrder(length: number, seed: number, stream: number): number[] {
  const generator = mersenne(seed ^ Math.imul(stream + 1, 0x9e3779b9));
  const order = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = uniformInt(generator, 0, last);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}

/** `order` in pieces of `size`; the last may be shorter. */
export const inBatches = (order: readonly number[], size: number): number[][] =>
  Array.from({ length: Math.ceil(order.length / size) }, (_, batch) =>
    order.slice(batch * size, (batch + 1) * size),
  );
