import { DataError } from '../contracts/errors.js';
import { checkPixels } from './checks.js';

/**
 * Dice score, 2 · |P ∩ M| / (|P| + |M|), of the predicted mask P (`score >= threshold`) and the true mask M (section 6.2),
 * averaged over the images that have a defective pixel. Every defect counts alike, whatever its size, and false alarms on
 * nominal images don't count.
 *
 * @param maps for each image its anomaly map, `[H, W]` in rows.
 * @param masks for each image its mask, `[H, W]` in rows, non-zero where it is defective.
 * @throws DataError where lengths differ or no mask has a defective pixel.
 */
export function diceMean(
  maps: readonly ArrayLike<number>[],
  masks: readonly ArrayLike<number>[],
  threshold: number,
): number {
  const defective = overlaps(maps, masks, threshold).filter(({ mask }) => mask > 0);
  if (defective.length === 0) throw noDefectivePixel();
  return defective.reduce((sum, overlap) => sum + dice(overlap), 0) / defective.length;
}

/**
 * Dice score, as in {@link diceMean}, over the pixels of all images taken together: false alarms on nominal images lower it.
 * The same number as the F1 of the pixels.
 *
 * @param maps for each image its anomaly map, `[H, W]` in rows.
 * @param masks for each image its mask, `[H, W]` in rows, non-zero where it is defective; all zero for nominal images.
 * @throws DataError where lengths differ or no mask has a defective pixel.
 */
export function diceGlobal(
  maps: readonly ArrayLike<number>[],
  masks: readonly ArrayLike<number>[],
  threshold: number,
): number {
  const all: Overlap = { intersection: 0, predicted: 0, mask: 0 };
  for (const { intersection, predicted, mask } of overlaps(maps, masks, threshold)) {
    all.intersection += intersection;
    all.predicted += predicted;
    all.mask += mask;
  }
  if (all.mask === 0) throw noDefectivePixel();
  return dice(all);
}

interface Overlap {
  intersection: number;
  predicted: number;
  mask: number;
}

const dice = ({ intersection, predicted, mask }: Overlap) => (2 * intersection) / (predicted + mask);

function overlaps(
  maps: readonly ArrayLike<number>[],
  masks: readonly ArrayLike<number>[],
  threshold: number,
): Overlap[] {
  checkPixels(maps, masks);
  return maps.map((map, image) => overlap(map, masks[image] as ArrayLike<number>, threshold));
}

function overlap(map: ArrayLike<number>, mask: ArrayLike<number>, threshold: number): Overlap {
  const sum: Overlap = { intersection: 0, predicted: 0, mask: 0 };
  for (let i = 0; i < map.length; i++) {
    const predicted = (map[i] as number) >= threshold;
    const defective = mask[i] !== 0;
    if (predicted) sum.predicted++;
    if (defective) sum.mask++;
    if (predicted && defective) sum.intersection++;
  }
  return sum;
}

const noDefectivePixel = () =>
  new DataError(
    'No mask has a defective pixel; Dice compares predicted with true ones, so give at least one.',
  );
