/**
 * Where the defective scores stand among the nominal ones. AUROC, AUPRO and the best F1 depend on nothing else, so this is
 * the one place that goes through every score; the measures built on it look at the distinct defective scores only.
 *
 * The defective scores are sorted; the nominal ones, which are nearly all pixels of a test set, are only counted. Memory:
 * about 30 bytes a defective score, and no copy of the rest.
 */
import { checkBothClasses, checkPixels, checkSamples } from './checks.js';

export interface Ranking {
  /** The distinct scores of the defective samples, ascending. */
  readonly scores: Float64Array;
  /** For each of `scores`, how many defective samples have it. */
  readonly defective: Uint32Array;
  /** For each of `scores`, how many nominal samples have a higher score. */
  readonly nominalAbove: Uint32Array;
  /** For each of `scores`, how many nominal samples have the same score. */
  readonly nominalEqual: Uint32Array;
  readonly defectiveTotal: number;
  readonly nominalTotal: number;
  /** The position in `scores` of a defective sample's score. */
  indexOf(score: number): number;
}

/** @throws DataError for no samples, one class only, labels that are not 0 or 1, or a score that is not finite. */
export function rankSamples(scores: ArrayLike<number>, labels: ArrayLike<number>): Ranking {
  checkSamples(scores, labels);
  return rank([scores], [labels], 'sample');
}

/**
 * @param maps for each image its anomaly map.
 * @param masks for each image its mask, non-zero where it is defective.
 * @throws DataError where lengths differ, a class has no pixel or a score is not finite.
 */
export function rankPixels(maps: readonly ArrayLike<number>[], masks: readonly ArrayLike<number>[]): Ranking {
  checkPixels(maps, masks);
  return rank(maps, masks, 'pixel');
}

function rank(
  scores: readonly ArrayLike<number>[],
  labels: readonly ArrayLike<number>[],
  sample: string,
): Ranking {
  const distinct = distinctDefectiveScores(scores, labels);
  const indexOf = searchIn(distinct);
  const size = distinct.length;
  const defective = new Uint32Array(size);
  const nominalEqual = new Uint32Array(size);
  // Nominal scores strictly between two neighbours of `distinct`: place i is for those below distinct[i].
  const nominalBetween = new Uint32Array(size + 1);
  let defectiveTotal = 0;
  let nominalTotal = 0;
  for (const [group, values] of scores.entries()) {
    const groupLabels = labels[group] as ArrayLike<number>;
    for (let i = 0; i < values.length; i++) {
      const score = values[i] as number;
      const at = indexOf(score);
      if (groupLabels[i] !== 0) {
        (defective[at] as number)++;
        defectiveTotal++;
      } else {
        if (distinct[at] === score) (nominalEqual[at] as number)++;
        else (nominalBetween[at] as number)++;
        nominalTotal++;
      }
    }
  }
  checkBothClasses(nominalTotal, defectiveTotal, sample);

  const nominalAbove = new Uint32Array(size);
  let above = 0;
  for (let i = size - 1; i >= 0; i--) {
    above += nominalBetween[i + 1] as number;
    nominalAbove[i] = above;
    above += nominalEqual[i] as number;
  }
  return { scores: distinct, defective, nominalAbove, nominalEqual, defectiveTotal, nominalTotal, indexOf };
}

function distinctDefectiveScores(
  scores: readonly ArrayLike<number>[],
  labels: readonly ArrayLike<number>[],
): Float64Array {
  let count = 0;
  for (const group of labels) for (let i = 0; i < group.length; i++) if (group[i] !== 0) count++;

  const sorted = new Float64Array(count);
  let next = 0;
  for (const [group, values] of scores.entries()) {
    const groupLabels = labels[group] as ArrayLike<number>;
    for (let i = 0; i < values.length; i++) if (groupLabels[i] !== 0) sorted[next++] = values[i] as number;
  }
  sorted.sort();

  let length = 0;
  for (const score of sorted) if (length === 0 || score !== sorted[length - 1]) sorted[length++] = score;
  return sorted.subarray(0, length);
}

/**
 * A function that gives the first position of ascending `sorted` whose value is not below the one asked for. Its time hardly
 * depends on how many there are, so that measuring a test set takes time in proportion to its pixels.
 *
 * A table says where to look. Read as an integer, with negative ones flipped, the bits of a float32 have the order of the
 * numbers; the table has a bucket for each run of bit patterns between the lowest and the highest, one or two for
 * each value.
 */
function searchIn(sorted: Float64Array): (value: number) => number {
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  const patternOf = (value: number) => {
    // Adding 0 turns -0 into 0: they are equal, so they belong into the same bucket.
    float[0] = value + 0;
    const pattern = bits[0] as number;
    return (pattern ^ ((pattern >> 31) | 0x80000000)) >>> 0;
  };
  const lowest = patternOf(sorted[0] ?? 0);
  const span = patternOf(sorted.at(-1) ?? 0) - lowest;
  let shift = 0;
  while (span >>> shift > 2 * sorted.length) shift++;
  const last = span >>> shift;
  const bucketOf = (value: number) => {
    const distance = patternOf(value) - lowest;
    if (distance <= 0) return 0;
    return distance >= span ? last : distance >>> shift;
  };
  const start = new Uint32Array(last + 2);
  for (const value of sorted) (start[bucketOf(value) + 1] as number)++;
  for (let i = 1; i < start.length; i++) (start[i] as number) += start[i - 1] as number;
  return (value) => {
    const bucket = bucketOf(value);
    let low = start[bucket] as number;
    let high = start[bucket + 1] as number;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
