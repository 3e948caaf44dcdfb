import type { PixelSource } from '../contracts/threshold.js';
import { pixelRanker, surveyMasks } from './pixels/pixel-ranking.js';
import { type Ranking, rankSamples } from './ranking.js';

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
export function bestF1(scores: ArrayLike<number>, labels: ArrayLike<number>): BestF1 {
  const search = bestF1Search();
  search.add(rankSamples(scores, labels));
  return search.best();
}

/**
 * {@link bestF1} over all pixels of all images that have a mask; its F1 is the highest Dice over all pixels that a threshold can reach.
 * @throws DataError where there is no defective or no nominal pixel, a score is not finite, or a map or mask is not of the image's size.
 */
export async function bestPixelF1(pixels: PixelSource): Promise<BestF1> {
  const search = bestF1Search();
  await pixelRanker(pixels, await surveyMasks(pixels)).rank(search.add);
  return search.best();
}

/** Rankings of ascending ranges of scores; defective samples below what was added are missed. */
export function bestF1Search() {
  let best: BestF1 = { f1: 0, threshold: Number.NaN };
  let missed = 0;
  return {
    add({ scores, defective, nominalAbove, nominalEqual, defectiveTotal }: Ranking): void {
      // The best threshold is a defective sample's score: going down past nominal ones alone only adds false positives.
      for (let i = 0; i < scores.length; i++) {
        const truePositives = defectiveTotal - missed;
        const falsePositives = (nominalAbove[i] as number) + (nominalEqual[i] as number);
        const f1 = (2 * truePositives) / (2 * truePositives + falsePositives + missed);
        if (f1 > best.f1) best = { f1, threshold: scores[i] as number };
        missed += defective[i] as number;
      }
    },
    best: () => best,
  };
}
