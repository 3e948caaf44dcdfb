import { ConfigurationError } from '../contracts/errors.js';
import type { PixelSource } from '../contracts/threshold.js';
import { pixelRanker, surveyMasks } from './pixels/pixel-ranking.js';
import { type Ranking, rankSamples } from './ranking.js';

/** The false-positive rate up to which partial measures are usually taken (section 4.5, and MVTec's evaluation). */
export const FPR_LIMIT = 0.3;
/** Up to which MVTec AD 2 and LOCO integrate the per-region overlap. */
export const STRICT_FPR_LIMIT = 0.05;

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
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>, fprLimit = 1): number {
  checkFprLimit(fprLimit);
  const ranking = rankSamples(scores, labels);
  return addAreas(0, ranking, fprLimit) / ranking.defectiveTotal;
}

/**
 * {@link auroc} over all pixels of all images that have a mask.
 * @throws DataError where there is no defective or no nominal pixel, a score is not finite, or a map or mask is not of the image's size.
 */
export async function pixelAuroc(pixels: PixelSource): Promise<number> {
  const survey = await surveyMasks(pixels);
  let sum = 0;
  await pixelRanker(pixels, survey).rank((ranking) => {
    sum = addAreas(sum, ranking, 1);
  });
  return sum / survey.defectiveTotal;
}

/** `sum` and, for each defective sample of the ranking, the {@link areaUnderStep} of its score. */
export function addAreas(sum: number, ranking: Ranking, fprLimit: number): number {
  const limit = ranking.nominalTotal * fprLimit;
  for (let i = 0; i < ranking.scores.length; i++)
    sum += areaUnderStep(ranking, i, limit) * (ranking.defective[i] as number);
  return sum;
}

/**
 * The area under the ROC curve if a defective sample of the i-th of `ranking.scores` were the only one, up to a limit of the
 * false-positive rate and divided by it.
 *
 * That curve is a step: 0 until the false-positive rate of the scores above the sample's own, then a ramp over the nominal
 * samples that tie with it, then 1. The ROC curve of several is the mean of theirs, and so is the area.
 * @param limit the nominal samples that are at the limit: their number, times the rate.
 */
export function areaUnderStep(
  { nominalAbove, nominalEqual }: Pick<Ranking, 'nominalAbove' | 'nominalEqual'>,
  i: number,
  limit: number,
): number {
  const above = nominalAbove[i] as number;
  const equal = nominalEqual[i] as number;
  if (limit <= above) return 0;
  if (limit < above + equal) return (limit - above) ** 2 / (2 * equal) / limit;
  return (limit - above - equal / 2) / limit;
}

/** @throws ConfigurationError unless it is in (0, 1]. */
export function checkFprLimit(fprLimit: number): void {
  if (!(fprLimit > 0 && fprLimit <= 1))
    throw new ConfigurationError(
      `The limit of the false-positive rate is ${fprLimit}; it must be above 0 and at most 1.`,
    );
}
