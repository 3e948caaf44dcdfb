import type { JsonSchema } from '@adfw/core';

/**
 * How the losses of the images of a batch become one number. The loss of an image is the mean over the positions of its feature
 * maps in both cases; `sum` then sums over the images, as anomalib does, which makes a step as many times longer as there are
 * images; `mean` takes the mean over them, as the authors of STFPM do.
 */
export type Reduction = 'sum' | 'mean';

/** The schema of a loss's option `reduction`. */
export const reductionOption: JsonSchema = {
  enum: ['sum', 'mean'],
  default: 'sum',
  description: 'Over the images of a batch, after the mean over positions. The learning rate must suit it.',
};

/** What the sum over the images of a batch is multiplied with. */
export const imageWeight = (reduction: Reduction, images: number): number =>
  reduction === 'mean' ? 1 / images : 1;
