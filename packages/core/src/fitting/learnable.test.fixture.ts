/** Small things that learn, on small images, for the tests of fitting. */
import {
  add,
  conv2d,
  relu,
  type Tensor4D,
  tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import type { Checkpoint, CheckpointStore } from '../contracts/checkpoint.js';
import type { Learnable } from '../contracts/model.js';
import type { Optimizer } from '../contracts/optimizer.js';
import type { Learner, Stage, TrainStage } from '../contracts/stage.js';
import type { ImageSource } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { randomOrder } from '../images/random-order.js';
import { joined, networkState } from '../model/joined.js';
import { sgd } from '../optimizers/sgd.js';
import { imagenetNormalization } from '../tensors/normalization.js';
import { tf } from '../tensors/tf.js';
import { type FitRun, fit } from './fit.js';

export const images = (length: number, seed = 0): ImageSource => ({
  length,
  size: [8, 8],
  image: async (index) => ({
    width: 8,
    height: 8,
    data: Uint8Array.from(randomOrder(192, seed, index), (value) => value),
  }),
});

/** One 3x3 convolution, and "running" statistics which count the training passes and measure the mean feature. */
export function tinyBackbone(seed: number): Backbone {
  const [kernel, passes, mean] = tidy(() => [
    variable(tf.randomNormal([3, 3, 3, 4], 0, 0.3, 'float32', seed)),
    variable(tf.scalar(0), false),
    variable(tf.scalar(0), false),
  ]) as [Variable<tf.Rank.R4>, Variable, Variable];
  return {
    layers: ['layer1'],
    channels: { layer1: 4 },
    parameters: { kernel },
    statistics: { passes, mean },
    features(images: Tensor4D, mode) {
      if (mode === 'train') tidy(() => passes.assign(add(passes, 1)));
      const features = relu(conv2d(images, kernel, 2, 1));
      if (mode === 'measure') tidy(() => mean.assign(tf.mean(features)));
      return { layer1: features };
    },
    dispose() {
      for (const value of [kernel, passes, mean]) value.dispose();
    },
  };
}

export const kernelOf = (network: Backbone | undefined) => network?.parameters.kernel?.dataSync();

/** The mean squared distance of two pyramids. */
export const distance = (one: Record<string, Tensor4D>, other: Record<string, Tensor4D>): tf.Scalar =>
  tf.mean(tf.squaredDifference(one.layer1 as Tensor4D, other.layer1 as Tensor4D));

/** Networks that learn to give what a frozen one gives. */
export interface Imitation extends Learnable {
  readonly backbone: Backbone;
  readonly networks: readonly Backbone[];
}

export interface ImitationOptions {
  readonly networks?: readonly Backbone[];
  readonly optimizer?: () => Optimizer;
  readonly loss?: (network: Backbone) => Learner['loss'];
  /** Before and after the stage that trains. */
  readonly before?: readonly Stage[];
  readonly after?: readonly Stage[];
}

export function imitation(
  stage: Partial<TrainStage> = {},
  {
    networks = [tinyBackbone(2), tinyBackbone(3)],
    optimizer = () => sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.0001 }),
    loss = (network) => (seen, mode) => distance(seen.features, network.features(seen.images, mode)),
    before = [],
    after = [],
  }: ImitationOptions = {},
): Imitation {
  const backbone = tinyBackbone(1);
  const learners = networks.map(
    (network, index): Learner => ({
      name: `student ${index + 1}`,
      parameters: network.parameters,
      statistics: network.statistics,
      optimizer: optimizer(),
      loss: loss(network),
    }),
  );
  const learnt = joined(
    Object.fromEntries(networks.map((network, index) => [`student${index}`, networkState(network)])),
  );
  return {
    backbone,
    networks,
    normalization: imagenetNormalization,
    stages: [...before, { name: 'students', learners, epochs: 5, ...stage }, ...after],
    ...learnt,
    dispose() {
      learnt.dispose();
      backbone.dispose();
    },
  };
}

/** Fits on ten images, three more held out. */
export const fitted = (
  learnable: Learnable,
  {
    train = images(10),
    heldOut = images(3, 7),
    ...run
  }: Partial<FitRun> & { train?: ImageSource; heldOut?: ImageSource } = {},
) => fit(learnable, { train, heldOut }, { batchSize: 4, seed: 42, budget: memoryBudget(1e6), ...run });

/** Keeps checkpoints as a file would: by value. */
export function memoryStore(): CheckpointStore & { saves: number; saved(): Checkpoint | null } {
  interface Saved {
    stage: number | undefined;
    history: string;
    tensors: Record<string, { shape: number[]; values: Float32Array }>;
  }
  let saved: Saved | null = null;
  const store = {
    saves: 0,
    async save({ stage, history, tensors }: Checkpoint) {
      store.saves += 1;
      saved = {
        stage,
        history: JSON.stringify(history),
        tensors: Object.fromEntries(
          Object.entries(tensors).map(([name, value]) => [
            name,
            { shape: value.shape, values: Float32Array.from(value.dataSync()) },
          ]),
        ),
      };
    },
    saved: (): Checkpoint | null =>
      saved && {
        ...(saved.stage !== undefined && { stage: saved.stage }),
        history: JSON.parse(saved.history),
        tensors: Object.fromEntries(
          Object.entries(saved.tensors).map(([name, { shape, values }]) => [name, tensor(values, shape)]),
        ),
      },
    load: async () => store.saved(),
  };
  return store;
}
