import { DataError } from '../../contracts/errors.js';
import type { PixelSource } from '../../contracts/threshold.js';
import { eachImage, job, type PixelTask } from './each-image.js';
import { checkScores, defectivePixels, everyIndex } from './pixels.js';

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
  await eachImage(pixels, everyIndex(pixels), [
    job(
      overlaps,
      () => ({ thresholds: [threshold], checked: false }),
      ([overlap]) => dice.add(overlap as Overlap),
    ),
  ]);
  return dice;
}

interface Dice {
  /** Images in any order. */
  add(overlap: Overlap): void;
  /** {@link diceMean} of what was added. */
  mean(): number;
  /** {@link diceGlobal} of what was added. */
  global(): number;
}

export function diceAt(threshold: number): Dice & { readonly threshold: number } {
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
    threshold,
    add({ intersection, predicted, mask }) {
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

/** Numbers of an image's pixels. */
export interface Overlap {
  intersection: number;
  predicted: number;
  mask: number;
}

const dice = ({ intersection, predicted, mask }: Overlap) => (2 * intersection) / (predicted + mask);

/** At each of several thresholds. `checked` says that somebody else looks whether the scores are finite. */
export const overlaps: PixelTask<
  { readonly thresholds: readonly number[]; readonly checked: boolean },
  Overlap[]
> = {
  name: 'overlaps',
  of(image, { thresholds, checked }, workplace) {
    if (!checked) checkScores(image);
    const { map } = image;
    const inside = defectivePixels(image.mask, workplace.integers('inside', map.length));
    return thresholds.map((threshold) => {
      let intersection = 0;
      for (let i = 0; i < inside.length; i++)
        if ((map[inside[i] as number] as number) >= threshold) intersection++;
      return { intersection, predicted: countFrom(threshold, map), mask: inside.length };
    });
  },
};

function countFrom(threshold: number, map: Float32Array): number {
  let count = 0;
  for (let i = 0; i < map.length; i++) if ((map[i] as number) >= threshold) count++;
  return count;
}
