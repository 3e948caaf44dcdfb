/**
 * Scores shifted so that the threshold is at 0.5 and scaled by the range of the test set's image scores, eq. 5.7:
 * (score - threshold) / (max - min) + 0.5. Results of different data sets become comparable, and the distance from 0.5 says how
 * clear a verdict is. They are not clipped: a score further from the threshold than the whole range lies outside [0, 1].
 *
 * @param range lowest and highest image score of the test set. Where they are equal nothing can be said: all become 0.5.
 */
export function normalizeScores(
  scores: ArrayLike<number>,
  threshold: number,
  range: { readonly min: number; readonly max: number },
): Float64Array {
  const width = range.max - range.min;
  return Float64Array.from(scores, (score) => (width > 0 ? (score - threshold) / width + 0.5 : 0.5));
}
