import type { PixelSource } from '../contracts/threshold.js';
import { pixelRanker, surveyMasks } from './pixels/pixel-ranking.js';
import { type Ranking, rankSamples } from './ranking.js';

/**
 * Average precision: the mean, over the defective samples, of the precision at their score as the threshold (`score >= threshold`). It is
 * the area under the precision-recall curve as steps, as scikit-learn's `average_precision_score`; chance is the share of defective samples.
 *
 * @param scores one a sample, higher is more anomalous.
 * @param labels one a sample, 1 defective, 0 nominal.
 * @throws DataError for no samples, one class only, labels that are not 0 or 1, or a score that is not finite.
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const sum = precisionSum();
  sum.add(rankSamples(scores, labels));
  return sum.mean();
}

/**
 * {@link averagePrecision} over all pixels of all images that have a mask.
 * @throws DataError where there is no defective or no nominal pixel, a score is not finite, or a map or mask is not of the image's size.
 */
export async function pixelAveragePrecision(pixels: PixelSource): Promise<number> {
  const sum = precisionSum();
  await pixelRanker(pixels, await surveyMasks(pixels)).rank(sum.add);
  return sum.mean();
}

/** Rankings of ascending ranges of scores; defective samples below what was added are missed. */
export function precisionSum() {
  let [sum, missed, total] = [0, 0, 0];
  return {
    add({ scores, defective, nominalAbove, nominalEqual, defectiveTotal }: Ranking): void {
      total = defectiveTotal;
      for (let i = 0; i < scores.length; i++) {
        const truePositives = defectiveTotal - missed;
        const falsePositives = (nominalAbove[i] as number) + (nominalEqual[i] as number);
        const here = defective[i] as number;
        sum += (here * truePositives) / (truePositives + falsePositives);
        missed += here;
      }
    },
    mean: () => sum / total,
  };
}
