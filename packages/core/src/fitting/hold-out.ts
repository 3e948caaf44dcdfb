import { DataError } from '../contracts/errors.js';
import { randomOrder } from '../images/random-order.js';
import { groupBy } from '../statistics/group-by.js';

/** What each image shows, where several show one thing, which are never parted; null where an image stands by itself. */
export type ImageGroups = readonly (string | null)[];

/**
 * Splits the numbers 0 to `length` - 1 at random into those to train on and those held out, `fraction` of them (rounded; with a
 * fraction above 0 at least one is held out, and at least one is left). Both in increasing order; decided by the seed alone.
 *
 * With groups as many of them are held out as come nearest to that, each whole.
 */
export function holdOut(
  length: number,
  fraction: number,
  seed: number,
  groups?: ImageGroups,
): { train: number[]; validation: number[] } {
  const order = groupsInOrder(length, seed, groups);
  const wanted = fraction > 0 ? Math.max(1, Math.round(length * fraction)) : 0;
  const validation: number[] = [];
  for (const group of order.slice(0, -1)) {
    const isNearer = validation.length + group.length / 2 < wanted;
    if (!isNearer && (validation.length > 0 || wanted === 0)) break;
    validation.push(...group);
  }
  const isHeldOut = new Set(validation);
  const train = Array.from({ length }, (_, index) => index).filter((index) => !isHeldOut.has(index));
  return { train, validation: ascending(validation) };
}

/**
 * Which nominal images are trained on and which held out, by their indices in a list of `train` images and, behind them, the `validation`
 * images of a dataset that has such a split of its own. These are then held out, and none of the others; else a share is ({@link holdOut}).
 */
export function nominalSplit(
  { train, validation }: { train: number; validation: number },
  fraction: number,
  seed: number,
  groups?: ImageGroups,
): { train: number[]; validation: number[] } {
  if (validation === 0) return holdOut(train, fraction, seed, groups);
  const all = Array.from({ length: train + validation }, (_, index) => index);
  return { train: all.slice(0, train), validation: all.slice(train) };
}

/**
 * The numbers 0 to `length` - 1 in `count` parts, as equal as can be, at random; each in increasing order, and decided by the seed alone.
 * Groups are not parted. The first of 5 is what {@link holdOut} holds out of a multiple of 5 with a fraction of 0.2.
 * @throws DataError where there are fewer numbers, or groups, than parts.
 */
export function foldsOf(length: number, count: number, seed: number, groups?: ImageGroups): number[][] {
  const order = groupsInOrder(length, seed, groups);
  if (order.length < count)
    throw new DataError(
      `$.fit.folds is ${count}, and there are ${order.length} nominal ${order.length < length ? 'groups of images' : 'images'}: each fold needs one. Take fewer folds, or none.`,
    );
  let [done, next] = [0, 0];
  return Array.from({ length: count }, (_, fold) => {
    const end = Math.round(((fold + 1) * length) / count);
    const images: number[] = [];
    // Each fold that follows needs a group too.
    while (next < order.length - (count - 1 - fold)) {
      const group = order[next] as number[];
      if (images.length > 0 && fold < count - 1 && done + group.length / 2 >= end) break;
      images.push(...group);
      done += group.length;
      next++;
    }
    return ascending(images);
  });
}

/** The images of each group together, an image without one by itself, in the order in which a random order first meets them. */
function groupsInOrder(length: number, seed: number, groups: ImageGroups = []): number[][] {
  // Epochs are streams from 1 on.
  return [...groupBy(randomOrder(length, seed, 0), (index) => groups[index] ?? index).values()];
}

const ascending = (numbers: number[]) => numbers.sort((a, b) => a - b);
