import { ConfigurationError, nominalQuantile } from '@adfw/core';
import type { ModelManifest } from '@adfw/runner';
import { numberOf } from '../../shared/flag-value.js';

export interface NewThreshold {
  threshold: number;
  /** How many held-out images the quantile needs; absent where there are as many. */
  heldOutWanted?: number;
}

/**
 * The threshold that was asked for, as a score or as a quantile of held-out nominal scores; undefined where none was.
 * @throws ConfigurationError for both at once, what is no number, and a quantile where no image was held out.
 */
export async function newThreshold(
  { heldOutScores }: Pick<ModelManifest, 'heldOutScores'>,
  { value, quantile }: { value: string | undefined; quantile: string | undefined },
): Promise<NewThreshold | undefined> {
  if (value !== undefined && quantile !== undefined)
    throw new ConfigurationError('Give the threshold as a score or by --quantile, not both.');
  if (value !== undefined)
    return { threshold: numberOf('The threshold', value, 'a score, which is a number') };
  if (quantile === undefined) return undefined;
  const expected = 'a number above 0 and at most 1, as in 0.99';
  const part = numberOf('--quantile', quantile, expected);
  if (part <= 0 || part > 1)
    throw new ConfigurationError(`--quantile must be ${expected}; found ${quantile}.`);
  if (heldOutScores.length === 0)
    throw new ConfigurationError(
      '--quantile needs scores of held-out nominal images, and this run held none out. Give a score instead, or run again with --validation-fraction 0.2.',
    );
  const thresholder = await nominalQuantile.create({ quantile: part }, { seed: 0 });
  const { sufficient = 0 } = thresholder;
  return {
    threshold: await thresholder.threshold({ scores: heldOutScores }),
    ...(sufficient > heldOutScores.length && { heldOutWanted: sufficient }),
  };
}
