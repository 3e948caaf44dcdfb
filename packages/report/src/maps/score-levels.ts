/**
 * Anomaly maps in 256 levels. They are the steps of the overlays' colour scale: linear from the lowest score of the run's maps over
 * the threshold, where level 128 begins, to the highest, since most scores are far below that.
 */

const COUNT = 256;

/**
 * The lowest score of each level.
 * @param threshold level 128 begins there where it is between the ends; otherwise all levels are equally wide.
 */
export function scoreLevels(
  { min, max }: { readonly min: number; readonly max: number },
  threshold: number | null,
): number[] {
  // Where all scores are equal they are at the low end.
  const top = max > min ? max : min + (Math.abs(min) || 1);
  const middle = threshold !== null && threshold > min && threshold < top ? threshold : (min + top) / 2;
  const half = COUNT / 2;
  return Array.from({ length: COUNT }, (_, level) =>
    level < half ? min + ((middle - min) * level) / half : middle + ((top - middle) * (level - half)) / half,
  );
}

/** The level that each score is in; scores beyond the ends are in the first and the last. */
export function levelsOf(scores: ArrayLike<number>, levels: readonly number[]): Uint8Array {
  const half = COUNT / 2;
  const [min, middle] = [levels[0] as number, levels[half] as number];
  const below = half / (middle - min);
  const above = 1 / ((levels[half + 1] as number) - middle);
  const result = new Uint8ClampedArray(scores.length);
  for (let i = 0; i < result.length; i++) {
    const score = scores[i] as number;
    const level = score < middle ? (score - min) * below : half + (score - middle) * above;
    result[i] = Math.floor(level);
  }
  return new Uint8Array(result.buffer);
}
