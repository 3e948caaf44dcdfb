import { checkBothClasses, checkSamples } from './checks.js';

/** For each distinct score as a threshold, highest first, how many samples of each class have at least that score. */
export interface ThresholdCounts {
  readonly thresholds: number[];
  readonly truePositives: number[];
  readonly falsePositives: number[];
}

/**
 * What a curve over all thresholds is drawn from.
 * @throws DataError for no samples, one class only, labels that are not 0 or 1, or a score that is not finite.
 */
export function countAtThresholds(scores: ArrayLike<number>, labels: ArrayLike<number>): ThresholdCounts {
  checkSamples(scores, labels);
  const order = Uint32Array.from(scores, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number),
  );
  const thresholds: number[] = [];
  const truePositives: number[] = [];
  const falsePositives: number[] = [];
  let positives = 0;
  for (const [rank, sample] of order.entries()) {
    positives += labels[sample] as number;
    const score = scores[sample] as number;
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === score) continue;
    thresholds.push(score);
    truePositives.push(positives);
    falsePositives.push(rank + 1 - positives);
  }
  checkBothClasses(scores.length - positives, positives);
  return { thresholds, truePositives, falsePositives };
}
