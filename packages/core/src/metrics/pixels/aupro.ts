import type { PixelSource } from '../../contracts/threshold.js';
import { areaUnderStep, checkFprLimit, FPR_LIMIT } from '../auroc.js';
import { connectedComponents } from './connected-components.js';
import { eachImage, type Job, job, type PixelTask } from './each-image.js';
import {
  type MaskSurvey,
  type PixelRanker,
  type PixelRanking,
  pixelRanker,
  scoresAtOnce,
  surveyMasks,
} from './pixel-ranking.js';
import { defectivePixels } from './pixels.js';
import { bitsOf, keyOf, placeIn } from './score-keys.js';

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
 * @param also jobs that are done on each defective image, once.
 * @param most distinct scores that are ranked at once.
 */
export async function areasUnderPro(
  pixels: PixelSource,
  survey: MaskSurvey,
  { ranker, whole, floor }: RankedPixels,
  fprLimits: readonly number[],
  also: readonly Job[] = [],
  most = scoresAtOnce(pixels),
): Promise<number[]> {
  // The curve is the mean of the regions' ROC curves, so its area is the mean of theirs.
  const limits = fprLimits.map((fprLimit) => survey.nominalTotal * fprLimit);
  const sums = limits.map(() => 0);
  let regions = 0;
  // Where the scores of all images are too many, those of some images are ranked after another.
  for (const images of imageGroups(survey, whole ? Number.POSITIVE_INFINITY : most)) {
    const ranking = whole ?? (await ranker.rankOf(images, floor));
    const ranked = ranking && rankedIndex(ranking);
    const measuring = job(
      regionAreas,
      () => ({ ranked, limits }),
      ({ count, areas }) => {
        for (const [i, ofLimit] of areas.entries()) for (const area of ofLimit) (sums[i] as number) += area;
        regions += count;
      },
    );
    await eachImage(pixels, images, [measuring, ...also]);
  }
  return sums.map((sum) => sum / regions);
}

/** The defective images in groups of at most `most` defective pixels, or of one image. */
export function imageGroups({ defective }: MaskSurvey, most: number): number[][] {
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

/** What of a ranking tells the area of a score. */
type RankedIndex = Pick<PixelRanking, 'index' | 'nominalAbove' | 'nominalEqual'>;

const rankedIndex = ({ index, nominalAbove, nominalEqual }: PixelRanking): RankedIndex => ({
  index,
  nominalAbove,
  nominalEqual,
});

interface RegionAreas {
  /** How many regions an image has. */
  readonly count: number;
  /** For each limit, of each region the area under its ROC curve; scores that are not in the ranking have none. */
  readonly areas: readonly Float64Array[];
}

export const regionAreas: PixelTask<
  { readonly ranked: RankedIndex | null; readonly limits: readonly number[] },
  RegionAreas
> = {
  name: 'region areas',
  of({ map, mask, size }, { ranked, limits }, workplace) {
    const inside = defectivePixels(mask, workplace.integers('inside', mask.length));
    // All zero before and after.
    const labels = workplace.integers('labels', mask.length).subarray(0, mask.length);
    const { count } = connectedComponents(mask, size, labels, inside);
    const sums = limits.map(() => new Float64Array(count));
    const sizes = new Uint32Array(count);
    const bits = bitsOf(map);
    for (let i = 0; i < inside.length; i++) {
      const pixel = inside[i] as number;
      const region = (labels[pixel] as number) - 1;
      labels[pixel] = 0;
      (sizes[region] as number)++;
      const place = ranked ? placeIn(ranked.index, keyOf(bits[pixel] as number)) : -1;
      if (place < 0 || !ranked) continue;
      for (let limit = 0; limit < limits.length; limit++)
        ((sums[limit] as Float64Array)[region] as number) += areaUnderStep(
          ranked,
          place,
          limits[limit] as number,
        );
    }
    return { count, areas: sums.map((ofLimit) => ofLimit.map((sum, i) => sum / (sizes[i] as number))) };
  },
};
