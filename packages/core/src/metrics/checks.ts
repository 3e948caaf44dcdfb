/** The checks every measure makes of the scores and labels it is given. */
import { DataError } from '../contracts/errors.js';

/**
 * @param of where the scores are, for the message: ` of image 3`.
 * @throws DataError unless every score is a finite number.
 */
export function checkFinite(scores: ArrayLike<number>, of = ''): void {
  for (let i = 0; i < scores.length; i++)
    if (!Number.isFinite(scores[i]))
      throw new DataError(
        `Score ${i}${of} is ${scores[i]}; scores must be finite numbers. If training diverged, lower the learning rate.`,
      );
}

/** @throws DataError unless every sample has a finite score and a label that is 0 or 1; there may be none. */
export function checkSamples(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length)
    throw new DataError(
      `There are ${scores.length} scores but ${labels.length} labels; give one label a score.`,
    );
  checkFinite(scores);
  for (let i = 0; i < labels.length; i++)
    if (labels[i] !== 0 && labels[i] !== 1)
      throw new DataError(`Label ${i} is ${labels[i]}; labels are 0 (nominal) or 1 (defective).`);
}

/** @throws DataError where one of the classes has no sample; `sample` says what was counted: `image`, `pixel`. */
export function checkBothClasses(nominal: number, defective: number, sample = 'sample'): void {
  if (nominal > 0 && defective > 0) return;
  if (nominal === 0 && defective === 0)
    throw new DataError(`There are no ${sample}s to measure; give nominal and defective ones.`);
  const missing = nominal > 0 ? 'defective' : 'nominal';
  throw new DataError(
    `There is no ${missing} ${sample}; this measure compares nominal with defective ones, so give at least one of both.`,
  );
}
