import {
  type Dataset,
  type ImageGroups,
  nominalSamples,
  nominalSplit,
  type ResolvedExperiment,
} from '@adfw/core';

/** Which of the nominal images are trained on, and which are held out. */
export function splitOf(dataset: Dataset, { fit, seed }: ResolvedExperiment) {
  const { train, validation = [] } = dataset;
  const lengths = { train: train.length, validation: validation.length };
  return nominalSplit(lengths, fit.validationFraction, seed, nominalGroups(dataset));
}

/** What each of the nominal images shows, which is not to be trained on and held out at once. */
export const nominalGroups = (dataset: Dataset): ImageGroups =>
  nominalSamples(dataset).map(({ group }) => group ?? null);

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
