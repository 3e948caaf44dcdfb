import { countAtThresholds } from './threshold-counts.js';

/** Points of a ROC curve, from (0, 0) to (1, 1), one for each of `thresholds`. */
export interface RocCurve {
  /** Descending; the first is Infinity, where nothing counts as defective. */
  readonly thresholds: number[];
  /** FP / (FP + TN) of `score >= threshold`. */
  readonly falsePositiveRates: number[];
  /** TP / (TP + FN) of `score >= threshold`. */
  readonly truePositiveRates: number[];
}

/**
 * The true-positive rate over the false-positive rate at every threshold that makes a difference (section 4.5); equal scores
 * are one point. The same points as scikit-learn's `roc_curve(drop_intermediate=False)`.
 *
 * @param scores one a sample, higher is more anomalous.
 * @param labels one a sample, 1 defective, 0 nominal.
 * @throws DataError for no samples, one class only, labels that are not 0 or 1, or a score that is not finite.
 */
export function rocCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): RocCurve {
  const { thresholds, truePositives, falsePositives } = countAtThresholds(scores, labels);
  const defective = truePositives.at(-1) as number;
  const nominal = falsePositives.at(-1) as number;
  return {
    thresholds: [Infinity, ...thresholds],
    falsePositiveRates: [0, ...falsePositives.map((count) => count / nominal)],
    truePositiveRates: [0, ...truePositives.map((count) => count / defective)],
  };
}
