import { adam, type Learner, learningRateFactor, type TrainStage } from '@adfw/core';
import { type CropOptions, cropsOf } from './crops.js';

/** How long, and how fast, a network learns from crops. */
export interface CropTraining {
  readonly steps: number;
  /** Steps between records, each with a checkpoint. */
  readonly recordEvery: number;
  /** Adam's, at its highest. */
  readonly learningRate: number;
}

/** The share of the steps in which the learning rate rises; then it falls to 0 along half a cosine. */
const WARM_UP = 0.05;

/**
 * A network's training on random crops of images, with Adam: an epoch is what passes between two records. The steps are rounded up to
 * as many in each.
 */
export function cropStage(
  network: Omit<Learner, 'name' | 'optimizer'>,
  crops: CropOptions,
  { steps, recordEvery, learningRate }: CropTraining,
): TrainStage {
  const optimizer = adam({ learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const epochs = Math.ceil(steps / recordEvery);
  return {
    name: 'network',
    learners: [{ ...network, name: 'network', optimizer }],
    epochs,
    stepsPerEpoch: Math.ceil(steps / epochs),
    keep: 'last',
    schedule: (progress) => learningRateFactor({ warmUp: WARM_UP, decay: 'cosine' }, progress),
    augment: async (images, random) => cropsOf(images, random, crops),
  };
}
