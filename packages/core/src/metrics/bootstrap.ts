import { namedRandom } from '../images/named-random.js';
import { checkBothClasses, checkSamples } from './checks.js';

/** So many that the ends of an interval of 95 % are settled to the second digit. */
const RESAMPLES = 2000;

/**
 * The AUROCs of models on 2,000 test sets, each drawn with replacement from the nominal and from the defective images (the stratified
 * bootstrap of Efron and Tibshirani 1993). All models see the same sets, so that what one is better by can be told from luck.
 *
 * @param models scores of each, one an image.
 * @param labels one an image, 1 defective, 0 nominal.
 * @returns for each model one number a set.
 * @throws DataError for no images, one class only, labels that are not 0 or 1, or a score that is not finite.
 */
export function resampledAurocs(
  models: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  seed: number,
): Float64Array[] {
  for (const scores of models) checkSamples(scores, labels);
  const classes = [0, 1].map((label) => Array.from(labels, (_, i) => i).filter((i) => labels[i] === label));
  const [nominal, defective] = classes.map(({ length }) => length) as [number, number];
  checkBothClasses(nominal, defective, 'image');
  const random = namedRandom(seed, 'bootstrap');
  const counts = new Uint32Array(labels.length);
  const aurocs = models.map((scores) => weightedAuroc(scores, labels));
  const areas = models.map(() => new Float64Array(RESAMPLES));
  for (let set = 0; set < RESAMPLES; set++) {
    counts.fill(0);
    for (const images of classes)
      for (let i = 0; i < images.length; i++)
        (counts[images[Math.floor(random() * images.length)] as number] as number)++;
    for (const [model, auroc] of aurocs.entries())
      (areas[model] as Float64Array)[set] = auroc(counts) / (nominal * defective);
  }
  return areas;
}

/** Pairs of a nominal and a defective image that are in the right order, equal ones counting one half; each image is there so many times. */
function weightedAuroc(scores: ArrayLike<number>, labels: ArrayLike<number>) {
  const order = Uint32Array.from(scores, (_, i) => i).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  return (counts: Uint32Array): number => {
    let [pairs, below, at] = [0, 0, 0];
    while (at < order.length) {
      const score = scores[order[at] as number];
      const here: [nominal: number, defective: number] = [0, 0];
      for (; at < order.length && scores[order[at] as number] === score; at++) {
        const image = order[at] as number;
        here[labels[image] as 0 | 1] += counts[image] as number;
      }
      pairs += here[1] * (below + here[0] / 2);
      below += here[0];
    }
    return pairs;
  };
}

/** The q-quantile of numbers, by linear interpolation. */
export function quantileOf(values: Float64Array, q: number): number {
  const sorted = values.toSorted();
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low + (at - Math.floor(at)) * (high - low);
}
