import { ConfigurationError } from '../contracts/errors.js';
import { type Ranking, rankPixels, rankSamples } from './ranking.js';

/** The false-positive rate up to which partial measures are usually taken (section 4.5, and MVTec's evaluation). */
export const FPR_LIMIT = 0.3;

/**
 * Area under the ROC curve, the true-positive rate over the false-positive rate (section 4.5), up to a false-positive rate
 * and divided by it: 1 is perfect. Without a limit it is the probability that a defective sample scores higher than a
 * nominal one, equal scores counting one half. Chance is 0.5, with a limit `fprLimit / 2`.
 *
 * The curve joins the points of neighbouring thresholds by straight lines and is cut at the limit by interpolation;
 * scikit-learn's `roc_auc_score(max_fpr=)` rescales the same area by McClish's formula instead.
 *
 * @param scores one a sample, higher is more anomalous.
 * @param labels one a sample, 1 defective, 0 nominal.
 * @param fprLimit in (0, 1].
 * @throws DataError for no samples, one class only, labels that are not 0 or 1, or a score that is not finite.
 */
export const auroc = (scores: ArrayLike<number>, labels: ArrayLike<number>, fprLimit = 1): number =>
  areaUnderRoc(rankSamples(scores, labels), fprLimit);

/**
 * {@link auroc} over all pixels of all images. Needs about 30 bytes a defective pixel beside its arguments.
 *
 * @param maps for each image its anomaly map, `[H, W]` in rows.
 * @param masks for each image its mask, `[H, W]` in rows, non-zero where it is defective; all zero for nominal images.
 * @throws DataError where lengths differ, there is no defective or no nominal pixel, or a score is not finite.
 */
export const pixelAuroc = (maps: readonly ArrayLike<number>[], masks: readonly ArrayLike<number>[]): number =>
  areaUnderRoc(rankPixels(maps, masks), 1);

export function areaUnderRoc(ranking: Ranking, fprLimit: number): number {
  let sum = 0;
  for (const [i, area] of areasUnderSteps(ranking, fprLimit).entries())
    sum += area * (ranking.defective[i] as number);
  return sum / ranking.defectiveTotal;
}

/**
 * The area under the ROC curve if a defective sample were the only one, for each of `ranking.scores`, up to `fprLimit` and
 * divided by it.
 *
 * That curve is a step: 0 until the false-positive rate of the scores above the sample's own, then a ramp over the nominal
 * samples that tie with it, then 1. The ROC curve of several is the mean of theirs, and so is the area.
 */
export function areasUnderSteps(ranking: Ranking, fprLimit: number): Float64Array {
  if (!(fprLimit > 0 && fprLimit <= 1))
    throw new ConfigurationError(
      `The limit of the false-positive rate is ${fprLimit}; it must be above 0 and at most 1.`,
    );
  const limit = ranking.nominalTotal * fprLimit;
  return ranking.scores.map((_, i) => {
    const above = ranking.nominalAbove[i] as number;
    const equal = ranking.nominalEqual[i] as number;
    if (limit <= above) return 0;
    if (limit < above + equal) return (limit - above) ** 2 / (2 * equal) / limit;
    return (limit - above - equal / 2) / limit;
  });
}
