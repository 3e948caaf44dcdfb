import { ConfigurationError, DataError } from '../../contracts/errors.js';
import type { PixelSource } from '../../contracts/threshold.js';
import { NO_SCORE } from '../../images/image-fit.js';
import { type MaskSurvey, surveyMasks } from './pixel-ranking.js';
import { checkScores, type PixelMemory, type Pixels, readPixels } from './pixels.js';

/** Of the false-positive rate, as in the paper. */
export const AUPIMO_BOUNDS = [1e-5, 1e-4] as const;

/**
 * AUPIMO (Bertoldo et al. 2024, "AUPIMO: Redefining Visual Anomaly Detection Benchmarks with High Speed and Low Tolerance"): for each
 * defective image, how much of its defect is found at thresholds that hardly any pixel of the nominal images reaches. It is the area under the image's
 * true-positive rate over the logarithm of the false-positive rate that all nominal images share (the mean of theirs), between two bounds of
 * that rate, divided by the logarithm of their ratio: in [0, 1], 1 is perfect. Every score is a threshold: the result is exact, where the
 * authors' code takes 300,000 thresholds.
 *
 * Images with a defective pixel are defective, all other ones with a mask nominal. Maps are read once; of the nominal scores only those
 * above the upper bound are kept.
 *
 * @param bounds of the false-positive rate, ascending, in (0, 1].
 * @returns for each image its area; null for those without a defective pixel or without a mask.
 * @throws DataError where no image is nominal or none defective, a score is not finite, or a map or mask is not of the image's size.
 */
export async function aupimo(
  pixels: PixelSource,
  bounds: readonly [lower: number, upper: number] = AUPIMO_BOUNDS,
): Promise<(number | null)[]> {
  checkBounds(bounds);
  const survey = await surveyMasks(pixels);
  const { images, defective } = survey;
  const overlap = perImageOverlap(survey, bounds);
  if (!overlap) {
    const [missing, where] = defective.length > 0 ? ['nominal', 'no'] : ['defective', 'a'];
    throw new DataError(
      `There is no ${missing} image with a mask: AUPIMO needs one whose mask has ${where} defective pixel.`,
    );
  }
  const memory: PixelMemory[] = [];
  const each = async (indices: readonly number[], take: (image: Pixels) => void) => {
    for await (const image of readPixels(pixels, indices, memory)) {
      checkScores(image);
      take(image);
    }
  };
  await each(images, overlap.addNominal);
  const areas: (number | null)[] = Array.from({ length: pixels.length }, () => null);
  await each(
    defective.map(({ index }) => index),
    (image) => {
      areas[image.index] = overlap.areaOf(image);
    },
  );
  return areas;
}

function checkBounds([lower, upper]: readonly [number, number]): void {
  if (!(lower > 0 && lower < upper && upper <= 1))
    throw new ConfigurationError(
      `The bounds of the false-positive rate are ${lower} and ${upper}; they must be ascending, above 0 and at most 1.`,
    );
}

/** {@link aupimo} as images are read: first all nominal ones are added, then each defective one has its area. */
export interface PerImageOverlap {
  /** Images with a defective pixel are passed over. Scores must be finite. */
  addNominal(image: Pixels): void;
  areaOf(image: Pixels): number;
}

/** @returns null where no image is nominal, or none defective. */
export function perImageOverlap(
  { images, defective }: MaskSurvey,
  [lower, upper]: readonly [number, number] = AUPIMO_BOUNDS,
): PerImageOverlap | null {
  const withDefect = new Set(defective.map(({ index }) => index));
  const nominal = images.length - withDefect.size;
  if (nominal === 0 || withDefect.size === 0) return null;
  const highest = highestScores(upper * nominal);
  let widths: Widths | null = null;
  return {
    addNominal({ index, map, unscored }) {
      if (!withDefect.has(index)) highest.add(map, 1 / (map.length - unscored));
    },
    areaOf({ map, mask }) {
      widths ??= widthsOf(highest.all(), nominal, lower, upper);
      let [sum, count] = [0, 0];
      for (let i = 0; i < map.length; i++) {
        if (mask[i] === 0) continue;
        sum += widthOf(widths, map[i] as number);
        count++;
      }
      return sum / count / Math.log(upper / lower);
    },
  };
}

/** Distinct scores and how much of the nominal images has each, in descending order of scores. */
type Weighted = readonly { readonly score: number; readonly weight: number }[];

/** Entries that are put in order at once. */
const BLOCK = 2 ** 16;

/** Keeps the highest of what is added, until together they weigh more than `limit`. */
function highestScores(limit: number) {
  let kept: { score: number; weight: number }[] = [];
  let floor = Number.NEGATIVE_INFINITY;
  let settled = 0;
  const settle = () => {
    const distinct: typeof kept = [];
    let weight = 0;
    for (const entry of kept.sort((a, b) => b.score - a.score)) {
      const last = distinct.at(-1);
      if (last?.score === entry.score) last.weight += entry.weight;
      else if (weight > limit) break;
      else distinct.push(entry);
      weight += entry.weight;
    }
    kept = distinct;
    if (weight > limit) floor = distinct.at(-1)?.score ?? floor;
    settled = kept.length;
  };
  return {
    add(scores: Float32Array, weight: number): void {
      for (const score of scores) {
        if (score < floor || score === NO_SCORE) continue;
        kept.push({ score, weight });
        if (kept.length > 2 * settled + BLOCK) settle();
      }
    },
    all(): Weighted {
      settle();
      return kept;
    },
  };
}

/** Nominal scores, ascending, and for each how much of the logarithm's range has thresholds up to it. */
interface Widths {
  readonly scores: Float64Array;
  readonly upTo: Float64Array;
}

/**
 * As thresholds fall, the shared rate rises at each nominal score a, from that of the scores above a to that of those from a on. A
 * defective pixel above a is found on all of this way, one that ties with it on half of it (trapezoids), one below on nothing of it.
 */
function widthsOf(nominal: Weighted, images: number, lower: number, upper: number): Widths {
  const position = (rate: number) => Math.log(Math.min(upper, Math.max(lower, rate)));
  const scores = new Float64Array(nominal.length);
  const upTo = new Float64Array(nominal.length);
  let rate = 0;
  for (const [i, { score, weight }] of nominal.entries()) {
    const at = nominal.length - 1 - i;
    scores[at] = score;
    upTo[at] = position(rate + weight / images) - position(rate);
    rate += weight / images;
  }
  for (let i = 1; i < upTo.length; i++) (upTo[i] as number) += upTo[i - 1] as number;
  return { scores, upTo };
}

/** How much of the range a defective pixel of this score is found on. */
function widthOf({ scores, upTo }: Widths, score: number): number {
  let [low, high] = [0, scores.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((scores[middle] as number) < score) low = middle + 1;
    else high = middle;
  }
  const below = upTo[low - 1] ?? 0;
  return scores[low] === score ? (below + (upTo[low] as number)) / 2 : below;
}
