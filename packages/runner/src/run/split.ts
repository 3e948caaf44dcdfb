import { type Dataset, nominalSplit, type ResolvedExperiment } from '@adfw/core';

/** Which of the nominal images are trained on, and which are held out. */
export const splitOf = ({ train, validation = [] }: Dataset, { fit, seed }: ResolvedExperiment) =>
  nominalSplit({ train: train.length, validation: validation.length }, fit.validationFraction, seed);

/** What of its images a dataset decides, where others do not. */
export const splitMessages = ({ validation = [], unlabelled = [] }: Dataset): string[] => [
  ...(validation.length > 0
    ? [
        `Held out are the ${validation.length} validation images of the dataset itself, in place of a share of the training images (fit.validationFraction).`,
      ]
    : []),
  ...(unlabelled.length > 0
    ? [`Scored without being counted, since they have no label: ${unlabelled.length} images.`]
    : []),
];
