import { checkSamples } from './checks.js';

/** What a threshold gets right and wrong; a sample is called defective where `score >= threshold`. */
export interface Confusion {
  /** Defective samples called defective. */
  readonly truePositives: number;
  /** Nominal samples called defective: false bads. */
  readonly falsePositives: number;
  /** Nominal samples called nominal. */
  readonly trueNegatives: number;
  /** Defective samples called nominal: false goods. */
  readonly falseNegatives: number;
  /** TP / (TP + FP); 0 where nothing is called defective. */
  readonly precision: number;
  /** TP / (TP + FN); 0 where nothing is defective. */
  readonly recall: number;
  /** 2 · precision · recall / (precision + recall), eq. 4.16; 0 where both are. */
  readonly f1: number;
}

/**
 * @param scores one a sample, higher is more anomalous.
 * @param labels one a sample, 1 defective, 0 nominal; one class alone, or none, is fine.
 * @param threshold the lowest score that counts as defective.
 * @throws DataError for labels that are not 0 or 1, or a score that is not finite.
 */
export function confusion(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  threshold: number,
): Confusion {
  checkSamples(scores, labels);
  let truePositives = 0;
  let falsePositives = 0;
  let trueNegatives = 0;
  let falseNegatives = 0;
  for (let i = 0; i < scores.length; i++) {
    if ((scores[i] as number) >= threshold) {
      if (labels[i] === 1) truePositives++;
      else falsePositives++;
    } else if (labels[i] === 1) falseNegatives++;
    else trueNegatives++;
  }
  return {
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
    precision: ratio(truePositives, truePositives + falsePositives),
    recall: ratio(truePositives, truePositives + falseNegatives),
    f1: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
  };
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
