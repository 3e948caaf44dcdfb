/**
 * Scores shifted so that the threshold is at 0.5 and scaled by the range of the test set's image scores, eq. 5.7:
 * (score - threshold) / (max - min) + 0.5. Results of different data sets become comparable, and the distance from 0.5 says how
 * clear a verdict is. They are not clipped: a score further from the threshold than the whole range lies outside [0, 1].
 *
 * @param range lowest and highest image score of the test set.
 * @returns null without a range, or where it is empty: nothing can be said then.
 */
export function normalizeScores(
  scores: ArrayLike<number>,
  threshold: number,
  range: { readonly min: number; readonly max: number } | null,
): Float64Array | null {
  const width = range === null ? 0 : range.max - range.min;
  return width > 0 ? Float64Array.from(scores, (score) => (score - threshold) / width + 0.5) : null;
}
