import { randomOrder } from './random-order.js';

/**
 * Splits the numbers 0 to `length` - 1 at random into those to train on and those held out, `fraction` of them (rounded; with a
 * fraction above 0 at least one is held out, and at least one is left). Both in increasing order; decided by the seed alone.
 */
export function holdOut(
  length: number,
  fraction: number,
  seed: number,
): { train: number[]; validation: number[] } {
  const wanted = fraction > 0 ? Math.max(1, Math.round(length * fraction)) : 0;
  const count = Math.min(wanted, Math.max(0, length - 1));
  // Epochs are streams from 1 on.
  const order = randomOrder(length, seed, 0);
  const ascending = (numbers: number[]) => numbers.sort((a, b) => a - b);
  return { train: ascending(order.slice(count)), validation: ascending(order.slice(0, count)) };
}
