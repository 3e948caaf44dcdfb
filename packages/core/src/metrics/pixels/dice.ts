import { DataError } from '../../contracts/errors.js';
import type { PixelSource } from '../../contracts/threshold.js';
import { checkScores, everyIndex, type Pixels, readPixels } from './pixels.js';

/**
 * Dice score, 2 · |P ∩ M| / (|P| + |M|), of the predicted mask P (`score >= threshold`) and the true mask M (section 6.2),
 * averaged over the images that have a defective pixel. Every defect counts alike, whatever its size, and false alarms on
 * nominal images don't count.
 *
 * @throws DataError where no mask has a defective pixel, a score is not finite, or a map or mask is not of the image's size.
 */
export const diceMean = async (pixels: PixelSource, threshold: number): Promise<number> =>
  (await diceOf(pixels, threshold)).mean();

/**
 * Dice score, as in {@link diceMean}, over the pixels of all images that have a mask taken together: false alarms on nominal images lower
 * it. The same number as the F1 of the pixels.
 *
 * @throws DataError where no mask has a defective pixel, a score is not finite, or a map or mask is not of the image's size.
 */
export const diceGlobal = async (pixels: PixelSource, threshold: number): Promise<number> =>
  (await diceOf(pixels, threshold)).global();

async function diceOf(pixels: PixelSource, threshold: number): Promise<Dice> {
  const dice = diceAt(threshold);
  for await (const image of readPixels(pixels, everyIndex(pixels))) {
    checkScores(image);
    dice.add(image);
  }
  return dice;
}

interface Dice {
  /** Images in any order; their scores must be finite. */
  add(image: Pixels): void;
  /** {@link diceMean} of what was added. */
  mean(): number;
  /** {@link diceGlobal} of what was added. */
  global(): number;
}

export function diceAt(threshold: number): Dice {
  const all = { intersection: 0, predicted: 0, mask: 0 };
  let [sum, images] = [0, 0];
  const checked = (score: number) => {
    if (all.mask === 0)
      throw new DataError(
        'No mask has a defective pixel; Dice compares predicted with true ones, so give at least one.',
      );
    return score;
  };
  return {
    add(image) {
      const { intersection, predicted, mask } = overlap(image, threshold);
      all.intersection += intersection;
      all.predicted += predicted;
      all.mask += mask;
      if (mask === 0) return;
      sum += dice({ intersection, predicted, mask });
      images++;
    },
    mean: () => checked(sum / images),
    global: () => checked(dice(all)),
  };
}

interface Overlap {
  intersection: number;
  predicted: number;
  mask: number;
}

const dice = ({ intersection, predicted, mask }: Overlap) => (2 * intersection) / (predicted + mask);

function overlap({ map, mask }: Pixels, threshold: number): Overlap {
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
