import { DataError } from '../errors.js';
import { checkFinite } from '../metrics/checks.js';
import type { Part } from '../part.js';

/** A quantile of the scores of nominal images: no defective image is needed. */
export const nominalQuantile: Part<'threshold'> = {
  kind: 'threshold',
  name: 'nominal-quantile',
  summary:
    'A quantile of the scores of nominal images, so that about that part of them passes; needs no defective image.',
  reference: 'Hyndman and Fan (1996), definition 7',
  options: {
    quantile: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.99,
      description: 'The part of nominal images that scores below the threshold; 1 is their highest score.',
    },
  },
  create: ({ quantile }: { quantile: number }) => ({
    needs: 'nominal',
    threshold({ scores, labels }) {
      const nominal = labels
        ? Float64Array.from(scores).filter((_, i) => labels[i] === 0)
        : Float64Array.from(scores);
      if (nominal.length === 0)
        throw new DataError(
          "The threshold 'nominal-quantile' needs scores of nominal images and there are none; hold some out of training.",
        );
      checkFinite(nominal);
      return interpolatedQuantile(nominal.sort(), quantile);
    },
  }),
};

/** Linear between the two nearest, as numpy's default. */
function interpolatedQuantile(ascending: Float64Array, quantile: number): number {
  const position = quantile * (ascending.length - 1);
  const below = Math.floor(position);
  const low = ascending[below] as number;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] as number;
  return low + (position - below) * (high - low);
}
