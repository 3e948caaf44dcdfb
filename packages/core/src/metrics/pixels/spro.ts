import type { PixelSource } from '../../contracts/threshold.js';
import { NO_SCORE } from '../../images/image-fit.js';
import { areaUnderStep, checkFprLimit } from '../auroc.js';
import { imageGroups, lastOutside } from './aupro.js';
import { type PixelRanking, pixelRanker, scoresAtOnce, surveyMasks } from './pixel-ranking.js';

/** A defect of an image, of which not all pixels need to be found. */
export interface DefectRegion {
  /** Its pixels, by the index in rows of the first of each run of them, and how many follow on: `[start, length, start, length, ...]`. */
  readonly runs: Uint32Array;
  /** How many of its pixels, found, count as all of it; above 0 and at most their number. */
  readonly saturation: number;
}

/** @param mask `[height, width]` in rows, non-zero inside. */
export function defectRegion(mask: Uint8Array, saturation: number): DefectRegion {
  const runs: number[] = [];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const start = i;
    while (i < mask.length && mask[i] !== 0) i++;
    runs.push(start, i - start);
  }
  return { runs: Uint32Array.from(runs), saturation };
}

/**
 * Area under the saturated per-region overlap curve (Bergmann et al., "Beyond Dents and Scratches: Logical Constraints in Unsupervised
 * Anomaly Detection and Localization", IJCV 2022, section 4): for a threshold, $\min(|A_i \cap P| / s_i, 1)$ of the found pixels $P$
 * and a defect $A_i$ with the saturation $s_i$, averaged over all defects of all images, over the part of the nominal pixels that
 * are found; integrated up to each limit and divided by it. Where a defect may lie in one of several places, all of them are its region, and
 * to find as much as the defect is large counts as all. With $s_i = |A_i|$, of connected regions, it is AUPRO.
 *
 * Every score is a threshold: the result is exact, not sampled. Images are read one after another.
 *
 * @param pixels masks are the unions of the regions, and images without a mask are left out.
 * @param regions of each image; none for nominal ones. Pixels without a score do not count, nor do regions of nothing else.
 * @param fprLimits in (0, 1].
 * @param most distinct scores that are ranked at once.
 * @returns for each limit the area, 1 is perfect; null where there is no region or no nominal pixel.
 * @throws DataError where a score is not finite, or a map or mask is not of the image's size.
 */
export async function areasUnderSpro(
  pixels: PixelSource,
  regions: readonly (readonly DefectRegion[])[],
  fprLimits: readonly number[],
  most = scoresAtOnce(pixels),
): Promise<number[] | null> {
  fprLimits.forEach(checkFprLimit);
  const survey = await surveyMasks(pixels);
  const hasRegion = survey.defective.some(({ index }) => (regions[index]?.length ?? 0) > 0);
  if (!hasRegion || survey.nominalTotal === 0) return null;
  const ranker = pixelRanker(pixels, survey, most);
  const widest = Math.max(...fprLimits);
  let floor = Number.NEGATIVE_INFINITY;
  const whole = await ranker.rank((ranking) => {
    floor = Math.max(floor, lastOutside(ranking, widest));
  });
  // The curve is the mean of the regions' curves, so its area is the mean of theirs.
  const limits = fprLimits.map((fprLimit) => survey.nominalTotal * fprLimit);
  const sums = limits.map(() => 0);
  let count = 0;
  let map: Float32Array | undefined;
  for (const images of imageGroups(survey, whole ? Number.POSITIVE_INFINITY : most)) {
    const ranking = whole ?? (await ranker.rankOf(images, floor));
    for (const index of images) {
      map = await pixels.map(index, map);
      for (const region of regions[index] ?? []) {
        const scores = scoresIn(map, region);
        if (scores.length > 0) count++;
        if (ranking)
          for (const { place, gain } of gains(scores, region.saturation, ranking))
            for (const [i, limit] of limits.entries())
              (sums[i] as number) += gain * areaUnderStep(ranking, place, limit);
      }
    }
  }
  return sums.map((sum) => sum / count);
}

/** Those that there are, ascending. */
function scoresIn(map: Float32Array, { runs }: DefectRegion): Float32Array {
  let length = 0;
  for (let run = 0; run < runs.length; run += 2) length += runs[run + 1] as number;
  const scores = new Float32Array(length);
  let at = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const start = runs[run] as number;
    const part = map.subarray(start, start + (runs[run + 1] as number));
    scores.set(part, at);
    at += part.length;
  }
  scores.sort();
  const scored = scores.findIndex((score) => score !== NO_SCORE);
  return scored < 0 ? new Float32Array(0) : scores.subarray(scored);
}

/**
 * By how much the saturated overlap of a region grows at each of its scores, from the highest on until it is 1, and the score's place
 * in the ranking. The area under its curve is that under a step at each score, times this.
 */
function* gains(
  scores: Float32Array,
  saturation: number,
  ranking: PixelRanking,
): Generator<{ place: number; gain: number }> {
  // Of what no score is given to, nothing has to be found.
  const wanted = Math.min(saturation, scores.length);
  let place = ranking.scores.length - 1;
  let overlap = 0;
  for (let end = scores.length; end > 0 && overlap < 1; ) {
    const score = scores[end - 1] as number;
    while (end > 0 && scores[end - 1] === score) end--;
    const next = Math.min((scores.length - end) / wanted, 1);
    while (place >= 0 && (ranking.scores[place] as number) > score) place--;
    // What is not ranked lies beyond the limits, as all that is lower.
    if (ranking.scores[place] !== score) return;
    yield { place, gain: next - overlap };
    overlap = next;
  }
}
