import { DataError } from '../contracts/errors.js';
import type { Part } from '../contracts/part.js';
import { bestF1 } from '../metrics/best-f1.js';

/** The threshold with the highest F1 of the images, eq. 5.6. */
export const imageF1: Part<'threshold'> = {
  kind: 'threshold',
  name: 'image-f1',
  summary:
    'The image score with the highest F1 of telling defective from nominal images; needs both kinds, labelled.',
  reference: 'thesis, eq. 5.6',
  create: () => ({
    needs: 'labels',
    threshold({ scores, labels }) {
      if (!labels)
        throw new DataError(
          "The threshold 'image-f1' needs labelled images, nominal and defective; use 'nominal-quantile' without them.",
        );
      return bestF1(scores, labels).threshold;
    },
  }),
};
