import { type ValueRange, valueRange } from './value-range.js';

export interface ScoreRange {
  /** null where no two scores differ. */
  readonly range: ValueRange | null;
  /** Why it is not the test set's, a sentence; null where it is, and where there are no test images. */
  readonly note: string | null;
}

/**
 * What scores are normalised by (eq. 5.7): the range of the test set's image scores. Where they have none, being one or all the same,
 * it is that of the held-out images' scores: an empty range says nothing.
 */
export function scoreRange(test: ArrayLike<number>, heldOut: ArrayLike<number>): ScoreRange {
  const own = rangeOf(test);
  if (own) return { range: own, note: null };
  const range = rangeOf(heldOut);
  if (test.length === 0) return { range, note: null };
  const why = test.length === 1 ? 'There is one test image' : 'All test images have the same score';
  const instead = range
    ? 'scores are normalised by the range of the held-out images'
    : 'there are no normalised scores';
  return { range, note: `${why}, which is no range of scores: ${instead}.` };
}

/** null where no two of the numbers differ. */
export function rangeOf(values: ArrayLike<number>): ValueRange | null {
  const range = valueRange([values]);
  return range.max > range.min ? range : null;
}
