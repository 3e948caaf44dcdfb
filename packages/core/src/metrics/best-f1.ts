import type { PixelSource } from '../contracts/threshold.js';
import { pixelRanker, surveyMasks } from './pixel-ranking.js';
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
  const { f1, threshold } = searched(nothing, rankSamples(scores, labels));
  return { f1, threshold };
}

/**
 * {@link bestF1} over all pixels of all images that have a mask; its F1 is the highest Dice over all pixels that a threshold can reach.
 * @throws DataError where there is no defective or no nominal pixel, a score is not finite, or a map or mask is not of the image's size.
 */
export async function bestPixelF1(pixels: PixelSource): Promise<BestF1> {
  let best = nothing;
  await pixelRanker(pixels, await surveyMasks(pixels)).rank((ranking) => {
    best = searched(best, ranking);
  });
  const { f1, threshold } = best;
  return { f1, threshold };
}

interface Search extends BestF1 {
  /** Defective samples that score below all that is yet to be searched. */
  readonly missed: number;
}

const nothing: Search = { f1: 0, threshold: Number.NaN, missed: 0 };

/** The best of what was found in lower scores and what is in these. */
function searched(before: Search, ranking: Ranking): Search {
  // The best threshold is a defective sample's score: going down past nominal ones alone only adds false positives.
  let { f1, threshold, missed } = before;
  for (let i = 0; i < ranking.scores.length; i++) {
    const truePositives = ranking.defectiveTotal - missed;
    const falsePositives = (ranking.nominalAbove[i] as number) + (ranking.nominalEqual[i] as number);
    const candidate = (2 * truePositives) / (2 * truePositives + falsePositives + missed);
    if (candidate > f1) {
      f1 = candidate;
      threshold = ranking.scores[i] as number;
    }
    missed += ranking.defective[i] as number;
  }
  return { f1, threshold, missed };
}
