import { auroc } from './auroc.js';
import { quantileOf, resampledAurocs } from './bootstrap.js';

/** The ends of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Of an interval of 95 %. */
const [LOW, HIGH] = [0.025, 0.975];
/** The standard normal distribution's quantile of {@link HIGH}. */
const Z = 1.959963984540054;

/**
 * The interval in which the AUROC lies with a confidence of 95 %, as far as so many test images can say: percentiles of the AUROCs
 * on 2,000 test sets that are drawn with replacement from the nominal and from the defective images. Of 38 images it is easily 0.15 wide.
 *
 * Where the scores separate all images, every drawn set is separated too, and says nothing; the far end is then Newcombe's score
 * limit for the AUROC (2006, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic", part 2, method 5).
 *
 * @param scores one an image, higher is more anomalous.
 * @param labels one an image, 1 defective, 0 nominal.
 * @param seed of the draws; the same gives the same interval.
 * @throws DataError for no images, one class only, labels that are not 0 or 1, or a score that is not finite.
 */
export function aurocInterval(scores: ArrayLike<number>, labels: ArrayLike<number>, seed = 0): Interval {
  const [areas] = resampledAurocs([scores], labels, seed) as [Float64Array];
  const [low, high] = [quantileOf(areas, LOW), quantileOf(areas, HIGH)];
  if (low < 1 && high > 0) return { low, high };
  const defective = Array.from(labels).filter((label) => label === 1).length;
  const limit = separatedLimit(labels.length - defective, defective);
  return low === 1 ? { low: limit, high: 1 } : { low: 0, high: 1 - limit };
}

/** The lowest AUROC θ that so many separated images leave possible: 1 - θ = z √V(θ), of which the right side falls more slowly. */
function separatedLimit(nominal: number, defective: number): number {
  const mean = (nominal + defective) / 2 - 1;
  const variance = (theta: number) =>
    (theta * (1 - theta) * (1 + (mean * (1 - theta)) / (2 - theta) + (mean * theta) / (1 + theta))) /
    (nominal * defective);
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const theta = (low + high) / 2;
    if (1 - theta > Z * Math.sqrt(variance(theta))) low = theta;
    else high = theta;
  }
  return low;
}

/** What one model's AUROC is more than another's. */
export interface AurocDifference extends Interval {
  readonly difference: number;
  /**
   * How often sets of so many images would show a difference at least as large, if there were none: two-sided, in steps of 0.001. Above
   * 0.05 it may well be luck.
   */
  readonly p: number;
}

/**
 * A paired comparison of two models on the same test images: the difference of their AUROCs, its interval with a confidence of 95 %, and
 * what speaks against there being none, from drawn test sets as {@link aurocInterval}'s, the same for both. Scores need not be on one scale.
 *
 * @param first @param second scores, one an image.
 * @param labels one an image, 1 defective, 0 nominal.
 * @throws DataError as {@link aurocInterval} does.
 */
export function aurocDifference(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  labels: ArrayLike<number>,
  seed = 0,
): AurocDifference {
  const [a, b] = resampledAurocs([first, second], labels, seed) as [Float64Array, Float64Array];
  const differences = a.map((area, i) => area - (b[i] as number));
  const share = (holds: (difference: number) => boolean) => differences.filter(holds).length / a.length;
  return {
    difference: auroc(first, labels) - auroc(second, labels),
    low: quantileOf(differences, LOW),
    high: quantileOf(differences, HIGH),
    p: Math.min(
      1,
      2 *
        Math.min(
          share((d) => d <= 0),
          share((d) => d >= 0),
        ),
    ),
  };
}
