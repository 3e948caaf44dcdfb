/**
 * Where the defective scores stand among the nominal ones. AUROC, AUPRO and the best F1 depend on nothing else; the measures
 * built on it look at the distinct defective scores only.
 */
import { checkBothClasses, checkSamples } from './checks.js';

/** Whole numbers; 32 bits where they suffice. */
export type Counts = Uint32Array | Float64Array;

/** Of all distinct defective scores, or of those in a range of scores, among all nominal ones. */
export interface Ranking {
  /** The distinct scores of the defective samples, ascending. */
  readonly scores: Float64Array | Float32Array;
  /** For each of `scores`, how many defective samples have it. */
  readonly defective: Counts;
  /** For each of `scores`, how many nominal samples have a higher score. */
  readonly nominalAbove: Counts;
  /** For each of `scores`, how many nominal samples have the same score. */
  readonly nominalEqual: Counts;
  /** Of all scores, as `nominalTotal` is. */
  readonly defectiveTotal: number;
  readonly nominalTotal: number;
}

/** @throws DataError for no samples, one class only, labels that are not 0 or 1, or a score that is not finite. */
export function rankSamples(scores: ArrayLike<number>, labels: ArrayLike<number>): Ranking {
  checkSamples(scores, labels);
  const ascending = (label: number) =>
    Float64Array.from(scores)
      .filter((_, i) => labels[i] === label)
      .sort();
  const [nominal, defective] = [ascending(0), ascending(1)];
  checkBothClasses(nominal.length, defective.length);
  const distinct = defective.filter((score, i) => score !== defective[i - 1]);
  const counted = (count: (score: number) => number) => Uint32Array.from(distinct, count);
  const equal = (sorted: Float64Array) => counted((score) => upTo(sorted, score) - below(sorted, score));
  return {
    scores: distinct,
    defective: equal(defective),
    nominalAbove: counted((score) => nominal.length - upTo(nominal, score)),
    nominalEqual: equal(nominal),
    defectiveTotal: defective.length,
    nominalTotal: nominal.length,
  };
}

const below = (sorted: Float64Array, score: number) => first(sorted, (other) => other >= score);
const upTo = (sorted: Float64Array, score: number) => first(sorted, (other) => other > score);

/** The first position in an ascending list from which on `holds`. */
function first(sorted: Float64Array, holds: (score: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}
