import { type Ranking, rankPixels, rankSamples } from './ranking.js';

export interface BestF1 {
  /** The highest F1 any threshold reaches, in (0, 1]. */
  readonly f1: number;
  /** The score from which on a sample counts as defective: one of the observed scores. */
  readonly threshold: number;
}

/**
 * The threshold that maximises F1 = 2 · precision · recall / (precision + recall), eqs. 4.16 and 5.6, where a sample counts as
 * defective from the threshold on (`score >= threshold`). Candidates are the observed scores. Of thresholds with the same F1
 * it is the lowest, which misses the fewest defects.
 *
 * @param scores one a sample, higher is more anomalous.
 * @param labels one a sample, 1 defective, 0 nominal.
 * @throws DataError for no samples, one class only, labels that are not 0 or 1, or a score that is not finite.
 */
export const bestF1 = (scores: ArrayLike<number>, labels: ArrayLike<number>): BestF1 =>
  bestF1OfRanking(rankSamples(scores, labels));

/**
 * {@link bestF1} over all pixels of all images; its F1 is the highest Dice over all pixels that a threshold can reach.
 *
 * @param maps for each image its anomaly map, `[H, W]` in rows.
 * @param masks for each image its mask, `[H, W]` in rows, non-zero where it is defective.
 * @throws DataError where lengths differ, there is no defective or no nominal pixel, or a score is not finite.
 */
export const bestPixelF1 = (
  maps: readonly ArrayLike<number>[],
  masks: readonly ArrayLike<number>[],
): BestF1 => bestF1OfRanking(rankPixels(maps, masks));

function bestF1OfRanking(ranking: Ranking): BestF1 {
  // The best threshold is a defective sample's score: going down past nominal ones alone only adds false positives.
  let best = { f1: 0, threshold: NaN };
  let missed = 0;
  for (const [i, threshold] of ranking.scores.entries()) {
    const truePositives = ranking.defectiveTotal - missed;
    const falsePositives = (ranking.nominalAbove[i] as number) + (ranking.nominalEqual[i] as number);
    const f1 = (2 * truePositives) / (2 * truePositives + falsePositives + missed);
    if (f1 > best.f1) best = { f1, threshold };
    missed += ranking.defective[i] as number;
  }
  return best;
}
