import { DataError } from '../contracts/errors.js';
import type { Part } from '../contracts/part.js';
import { checkFinite } from '../metrics/checks.js';
import { float32Above } from './float32.js';

/** A quantile of the scores of nominal images: no defective image is needed. */
export const nominalQuantile: Part<'threshold'> = {
  kind: 'threshold',
  name: 'nominal-quantile',
  summary:
    'A quantile of the scores of nominal images, so that at least that part of the next ones passes; needs no defective image.',
  reference: 'split conformal prediction: Papadopoulos et al. 2002; Vovk, Gammerman and Shafer 2005',
  options: {
    quantile: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.99,
      description:
        'The part of nominal images that is to score below the threshold. Q needs Q / (1 - Q) scores, 99 for 0.99; of fewer, as with 1, it is just above the highest.',
    },
  },
  create: ({ quantile }: { quantile: number }) => ({
    needs: 'nominal',
    ...(quantile < 1 && { sufficient: sufficientFor(quantile) }),
    threshold({ scores, labels }) {
      const nominal = labels
        ? Float64Array.from(scores).filter((_, i) => labels[i] === 0)
        : Float64Array.from(scores);
      if (nominal.length === 0)
        throw new DataError(
          "The threshold 'nominal-quantile' needs scores of nominal images and there are none; hold some out of training.",
        );
      checkFinite(nominal);
      const rank = Math.min(conformalRank(nominal.length, quantile), nominal.length);
      // Just above, since a score that reaches the threshold is defective: the one at the rank, and what ties with it, passes.
      return float32Above(nominal.sort()[rank - 1] as number);
    },
  }),
};

/**
 * ⌈(count + 1) · quantile⌉, from 1 on: of `count` + 1 exchangeable scores in any order, the last is at most the score of this rank
 * among the others with a chance of at least `quantile`. More than `count` where the others are too few to say so.
 */
function conformalRank(count: number, quantile: number): number {
  const rank = (count + 1) * quantile;
  // 100 · 0.07 is 7.000000000000001: a product that is a whole number but for rounding is that number.
  const whole = Math.round(rank);
  return whole > 0 && Math.abs(rank - whole) <= rank * Number.EPSILON ? whole : Math.ceil(rank);
}

/** The fewest scores of which one has the {@link conformalRank} of a quantile below 1. */
function sufficientFor(quantile: number): number {
  let count = Math.max(1, Math.floor(quantile / (1 - quantile)) - 1);
  while (conformalRank(count, quantile) > count) count++;
  return count;
}
