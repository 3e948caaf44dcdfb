import { DataError } from '../contracts/errors.js';
import { areasUnderSteps, FPR_LIMIT } from './auroc.js';
import { connectedComponents } from './connected-components.js';
import { type Ranking, rankPixels } from './ranking.js';

/**
 * Area under the per-region overlap curve (Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 2021, section 5): for a
 * threshold, the part of a defective region's pixels that score at least it, averaged over all regions of all images,
 * over the part of the nominal pixels that do; integrated up to `fprLimit` and divided by it. 1 is perfect, chance is
 * `fprLimit / 2`. Small regions weigh as much as large ones, which is what sets it apart from the pixel AUROC.
 *
 * Regions are the 8-connected components of a mask, as in MVTec's own evaluation. Every score is a threshold: the result is
 * exact, not sampled.
 *
 * Needs about 30 bytes a defective pixel beside its arguments: 30 MB for 1,000 images of 224x224 of which 2 % is defective.
 *
 * @param maps for each image its anomaly map, `[H, W]` in rows.
 * @param masks for each image its mask, `[H, W]` in rows, non-zero where it is defective; all zero for nominal images.
 * @param size of every map and mask.
 * @param fprLimit in (0, 1].
 * @throws DataError where there is no defective or no nominal pixel, a score is not finite or a map is not of this size.
 */
export const aupro = (
  maps: readonly ArrayLike<number>[],
  masks: readonly ArrayLike<number>[],
  size: { readonly height: number; readonly width: number },
  fprLimit = FPR_LIMIT,
): number => areaUnderPro(rankPixels(maps, masks), maps, masks, size, fprLimit);

/** {@link aupro} from the ranking of the same maps by the same masks. */
export function areaUnderPro(
  ranking: Ranking,
  maps: readonly ArrayLike<number>[],
  masks: readonly ArrayLike<number>[],
  size: { readonly height: number; readonly width: number },
  fprLimit: number,
): number {
  // The curve is the mean of the regions' ROC curves, so its area is the mean of theirs.
  const areas = areasUnderSteps(ranking, fprLimit);
  let sum = 0;
  let regions = 0;
  for (const [image, mask] of masks.entries()) {
    if (mask.length !== size.height * size.width)
      throw new DataError(
        `Mask ${image} has ${mask.length} pixels; expected ${size.height}x${size.width} like the images, so resize it with them.`,
      );
    const map = maps[image] as ArrayLike<number>;
    const { count, labels } = connectedComponents(mask, size);
    const regionSums = new Float64Array(count);
    const regionSizes = new Uint32Array(count);
    for (let i = 0; i < labels.length; i++) {
      const region = (labels[i] as number) - 1;
      if (region < 0) continue;
      (regionSums[region] as number) += areas[ranking.indexOf(map[i] as number)] as number;
      (regionSizes[region] as number)++;
    }
    for (let region = 0; region < count; region++)
      sum += (regionSums[region] as number) / (regionSizes[region] as number);
    regions += count;
  }
  return sum / regions;
}
