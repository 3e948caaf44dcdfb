import { countAtThresholds } from './threshold-counts.js';

/** Points of a precision-recall curve, one for each of `thresholds`. */
export interface PrecisionRecallCurve {
  /** The distinct scores, descending. */
  readonly thresholds: number[];
  /** TP / (TP + FP) of `score >= threshold`. */
  readonly precisions: number[];
  /** TP / (TP + FN) of `score >= threshold`, from low to 1. */
  readonly recalls: number[];
}

/**
 * Precision and recall with every distinct score as the threshold (section 4.6), highest threshold first.
 *
 * @param scores one a sample, higher is more anomalous.
 * @param labels one a sample, 1 defective, 0 nominal.
 * @throws DataError for no samples, one class only, labels that are not 0 or 1, or a score that is not finite.
 */
export function precisionRecallCurve(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): PrecisionRecallCurve {
  const { thresholds, truePositives, falsePositives } = countAtThresholds(scores, labels);
  const defective = truePositives.at(-1) as number;
  return {
    thresholds,
    precisions: truePositives.map((count, i) => count / (count + (falsePositives[i] as number))),
    recalls: truePositives.map((count) => count / defective),
  };
}
