import { DataError } from '../contracts/errors.js';
import type { Part } from '../contracts/part.js';
import { bestPixelF1 } from '../metrics/best-f1.js';

/** The threshold with the highest F1 of the pixels. */
export const pixelF1: Part<'threshold'> = {
  kind: 'threshold',
  name: 'pixel-f1',
  summary: 'The pixel score with the highest F1 of telling defective from nominal pixels; needs masks.',
  reference: 'thesis, section 5.4.2',
  create: () => ({
    needs: 'masks',
    async threshold({ pixels }) {
      if (!pixels)
        throw new DataError(
          "The threshold 'pixel-f1' needs masks of the defective images; use 'image-f1' or 'nominal-quantile' without them.",
        );
      return (await bestPixelF1(pixels)).threshold;
    },
  }),
};
