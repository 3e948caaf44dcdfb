/** The samples of a dataset by what becomes of them, those of a validation split and those without a label included. */
import type { Dataset, Sample, UnlabelledSample } from '../contracts/dataset.js';

/** All nominal samples of a dataset, or all that are scored. */
export type Split = 'train' | 'test';

/** The samples of a dataset to train on, and behind them those that it holds out itself. */
export const nominalSamples = ({ train, validation = [] }: Dataset): readonly Sample[] => [
  ...train,
  ...validation,
];

/** The test samples of a dataset, and behind them those without a label. */
export const scoredSamples = ({ test, unlabelled = [] }: Dataset): readonly (Sample | UnlabelledSample)[] => [
  ...test,
  ...unlabelled,
];

const splits = { train: nominalSamples, test: scoredSamples } as const;

/** The samples of each {@link Split}. */
export const samplesOf = (dataset: Dataset, split: Split): readonly (Sample | UnlabelledSample)[] =>
  splits[split](dataset);
