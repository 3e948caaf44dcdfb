import type { PixelSource } from '../../contracts/threshold.js';
import { areaUnderStep, checkFprLimit, FPR_LIMIT } from '../auroc.js';
import { connectedComponents } from './connected-components.js';
import {
  type MaskSurvey,
  MOST_SCORES,
  type PixelRanker,
  type PixelRanking,
  pixelRanker,
  surveyMasks,
} from './pixel-ranking.js';
import { type PixelMemory, type Pixels, readPixels } from './pixels.js';

/**
 * Area under the per-region overlap curve (Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 2021, section 5): for a
 * threshold, the part of a defective region's pixels that score at least it, averaged over all regions of all images,
 * over the part of the nominal pixels that do; integrated up to `fprLimit` and divided by it. 1 is perfect, chance is
 * `fprLimit / 2`. Small regions weigh as much as large ones, which is what sets it apart from the pixel AUROC.
 *
 * Regions are the 8-connected components of a mask, as in MVTec's own evaluation. Every score is a threshold: the result is
 * exact, not sampled.
 *
 * @param pixels images without a mask are left out.
 * @param fprLimit in (0, 1].
 * @throws DataError where there is no defective or no nominal pixel, a score is not finite, or a map or mask is not of the image's size.
 */
export async function aupro(pixels: PixelSource, fprLimit = FPR_LIMIT): Promise<number> {
  checkFprLimit(fprLimit);
  const survey = await surveyMasks(pixels);
  const ranker = pixelRanker(pixels, survey);
  let floor = Number.NEGATIVE_INFINITY;
  const whole = await ranker.rank((ranking) => {
    floor = Math.max(floor, lastOutside(ranking, fprLimit));
  });
  const [area] = await areasUnderPro(pixels, survey, { ranker, whole, floor }, [fprLimit]);
  return area as number;
}

/** The highest score of which the false-positive rate of the scores above it is beyond the limit; its area is 0, and so are those below. */
export function lastOutside({ scores, nominalAbove, nominalTotal }: PixelRanking, fprLimit: number): number {
  const inside = nominalAbove.findIndex((above) => above < nominalTotal * fprLimit);
  return scores[(inside < 0 ? scores.length : inside) - 1] ?? Number.NEGATIVE_INFINITY;
}

export interface RankedPixels {
  readonly ranker: PixelRanker;
  /** What it gave; null where that had several parts. */
  readonly whole: PixelRanking | null;
  /** The highest {@link lastOutside} of the parts. */
  readonly floor: number;
}

/**
 * {@link aupro} of pixels that were ranked, for each of several limits, which `floor` is of the highest of.
 * @param also is given each defective image, once.
 * @param most distinct scores that are ranked at once.
 */
export async function areasUnderPro(
  pixels: PixelSource,
  survey: MaskSurvey,
  { ranker, whole, floor }: RankedPixels,
  fprLimits: readonly number[],
  also?: (image: Pixels) => void,
  most = MOST_SCORES,
): Promise<number[]> {
  // The curve is the mean of the regions' ROC curves, so its area is the mean of theirs.
  const limits = fprLimits.map((fprLimit) => survey.nominalTotal * fprLimit);
  const sums = limits.map(() => 0);
  let regions = 0;
  const memory: PixelMemory[] = [];
  let labels: Int32Array = new Int32Array(0);
  // Where the scores of all images are too many, those of some images are ranked after another.
  for (const images of groups(survey, whole ? Number.POSITIVE_INFINITY : most)) {
    const ranking = whole ?? (await ranker.rankOf(images, floor));
    for await (const image of readPixels(pixels, images, memory)) {
      labels = labels.length === image.mask.length ? labels.fill(0) : new Int32Array(image.mask.length);
      const { count } = connectedComponents(image.mask, image.size, labels);
      for (const [i, limit] of limits.entries())
        for (const area of regionAreas(image, ranking, limit, labels, count)) (sums[i] as number) += area;
      regions += count;
      also?.(image);
    }
  }
  return sums.map((sum) => sum / regions);
}

/** The defective images in groups of at most `most` defective pixels, or of one image. */
function groups({ defective }: MaskSurvey, most: number): number[][] {
  const groups: number[][] = [];
  let left = 0;
  for (const { index, count } of defective) {
    if (count > left || groups.length === 0) {
      groups.push([]);
      left = most;
    }
    groups.at(-1)?.push(index);
    left -= count;
  }
  return groups;
}

/** For each of an image's `count` regions the area under its ROC curve; scores that are not in the ranking have none. */
function regionAreas(
  { map }: Pixels,
  ranking: PixelRanking | null,
  limit: number,
  labels: Int32Array,
  count: number,
): Float64Array {
  const sums = new Float64Array(count);
  const sizes = new Uint32Array(count);
  for (let i = 0; i < labels.length; i++) {
    const region = (labels[i] as number) - 1;
    if (region < 0) continue;
    if (ranking) (sums[region] as number) += areaOf(ranking, map[i] as number, limit);
    (sizes[region] as number)++;
  }
  return sums.map((sum, region) => sum / (sizes[region] as number));
}

function areaOf(ranking: PixelRanking, score: number, limit: number): number {
  const { scores } = ranking;
  let [low, high] = [0, scores.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((scores[middle] as number) < score) low = middle + 1;
    else high = middle;
  }
  return scores[low] === score ? areaUnderStep(ranking, low, limit) : 0;
}
