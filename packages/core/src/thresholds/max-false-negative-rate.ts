import { DataError } from '../contracts/errors.js';
import type { Part } from '../contracts/part.js';
import { checkSamples } from '../metrics/checks.js';

/** The highest threshold that misses at most a given part of the defective images. */
export const maxFalseNegativeRate: Part<'threshold'> = {
  kind: 'threshold',
  name: 'max-false-negative-rate',
  summary:
    'The highest image score at which at most a given part of the defective images is missed; needs labels.',
  reference: 'thesis, section 4.5',
  options: {
    rate: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
      description: 'The part of the defective images that may be missed, FN / (FN + TP); 0 misses none.',
    },
  },
  create: ({ rate }: { rate: number }) => ({
    needs: 'labels',
    threshold({ scores, labels }) {
      const defective = labels ? defectiveScores(scores, labels) : new Float64Array();
      if (defective.length === 0)
        throw new DataError(
          "The threshold 'max-false-negative-rate' needs labelled defective images; use 'nominal-quantile' without them.",
        );
      // As many as may be missed: the largest count whose part is within the rate, whatever the product rounds to.
      let missed = Math.floor(rate * defective.length);
      if ((missed + 1) / defective.length <= rate) missed++;
      return defective[missed] as number;
    },
  }),
};

/** Ascending. */
function defectiveScores(scores: ArrayLike<number>, labels: ArrayLike<number>): Float64Array {
  checkSamples(scores, labels);
  return Float64Array.from(scores)
    .filter((_, i) => labels[i] === 1)
    .sort();
}
