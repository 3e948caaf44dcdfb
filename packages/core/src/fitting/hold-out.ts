import { DataError } from '../contracts/errors.js';
import { randomOrder } from '../images/random-order.js';

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
  return { train: ascending(order.slice(count)), validation: ascending(order.slice(0, count)) };
}

/**
 * Which nominal images are trained on and which held out, by their indices in a list of `train` images and, behind them, the `validation`
 * images of a dataset that has such a split of its own. These are then held out, and none of the others; else a share is ({@link holdOut}).
 */
export function nominalSplit(
  { train, validation }: { train: number; validation: number },
  fraction: number,
  seed: number,
): { train: number[]; validation: number[] } {
  if (validation === 0) return holdOut(train, fraction, seed);
  const all = Array.from({ length: train + validation }, (_, index) => index);
  return { train: all.slice(0, train), validation: all.slice(train) };
}

/**
 * The numbers 0 to `length` - 1 in `count` parts, as equal as can be, at random; each in increasing order, and decided by the seed alone.
 * The first of 5 is what {@link holdOut} holds out of a multiple of 5 with a fraction of 0.2.
 * @throws DataError where there are fewer numbers than parts.
 */
export function foldsOf(length: number, count: number, seed: number): number[][] {
  if (length < count)
    throw new DataError(
      `$.fit.folds is ${count}, and there are ${length} nominal images: each fold needs one. Take fewer folds, or none.`,
    );
  const order = randomOrder(length, seed, 0);
  const end = (fold: number) => Math.round((fold * length) / count);
  return Array.from({ length: count }, (_, fold) => ascending(order.slice(end(fold), end(fold + 1))));
}

const ascending = (numbers: number[]) => numbers.sort((a, b) => a - b);
