import { readFileSync } from 'node:fs';
import {
  adam,
  type GatherStage,
  type Learner,
  lossOf,
  type Model,
  memoryBudget,
  prefixed,
  type Seen,
  type TrainStage,
  tf,
  trainStep,
} from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { dagmmPart, reconstructionFeatures } from './dagmm-part.js';

beforeAll(() => tf.setBackend('cpu'));

interface Trained {
  readonly images: number[];
  readonly begin: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  /** Of the images in their own mixture, before any step. */
  readonly energies: number[];
  /** What dropout draws, step by step. */
  readonly uniform: number[];
  /** Before each of six steps of Adam. */
  readonly losses: { readonly error: number; readonly energy: number; readonly covariance: number }[];
}
const { trained }: { trained: Trained } = JSON.parse(
  readFileSync(new URL('../fixtures/dagmm.json', import.meta.url), 'utf8'),
);

async function create(options: object = {}): Promise<Model> {
  const training = {
    epochs: 1,
    schedule: { warmUp: 0, decay: 'none' },
    optimizer: async () =>
      adam({ learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }),
  };
  return dagmmPart.create(
    {
      depth: 2,
      width: 4,
      latent: 2,
      components: 2,
      hidden: 5,
      dropout: 0.5,
      weights: { energy: 0.1, covariance: 0.005 },
      smoothing: 0,
      training,
      ...options,
    },
    { seed: 1, imageSize: { height: 16, width: 12 } },
  );
}
const learnerOf = ({ stages }: Model) =>
  (stages.find(({ name }) => name === 'dagmm') as TrainStage).learners[0] as Learner;
const gather = ({ stages }: Model, name: string, batches: AsyncIterable<Seen>) =>
  (stages.find((stage) => stage.name === name) as GatherStage).gather(batches, {
    total: 8,
    seed: 1,
    budget: memoryBudget(0),
  });
const images = () => tf.tensor4d(trained.images, [8, 16, 12, 3]);
/** So many of them in each batch. */
async function* batches(...sizes: number[]): AsyncGenerator<Seen> {
  let start = 0;
  for (const size of sizes) {
    yield { images: tf.slice4d(images(), [start, 0, 0, 0], [size, 16, 12, 3]), features: {} };
    start += size;
  }
}
const tensors = () =>
  Object.fromEntries(
    Object.entries(trained.begin).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]),
  );
const begun = async (): Promise<Model> => {
  const model = await create();
  model.restore(prefixed(tensors(), 'network'));
  return model;
};

describe('DAGMM', () => {
  it('learns as it does in PyTorch', async () => {
    const learner = learnerOf(await begun());
    const seen = { images: images(), features: {} };
    let drawn = 0;
    const random = () => trained.uniform[drawn++] as number;
    for (const wanted of trained.losses) {
      const { terms } = trainStep(learner, seen, { rate: 1, clipNorm: null, random });
      const found = Object.entries(terms).map(
        ([name, term]) => [name, term.dataSync()[0] as number] as const,
      );
      expect(found.map(([name]) => name)).toEqual(Object.keys(wanted));
      for (const [name, value] of found)
        expect(value / wanted[name as keyof typeof wanted]).toBeCloseTo(1, 3);
    }
    expect(drawn).toBe(trained.uniform.length);
  });

  it('scores by the energy in the mixture of all nominal images, whatever batches they come in', async () => {
    const model = await begun();
    for (const sizes of [[8], [3, 5]]) {
      await gather(model, 'mixture', batches(...sizes));
      const { scores, maps } = model.detect({ images: images(), features: {} });
      const found = [...scores.dataSync()];
      for (const [index, energy] of trained.energies.entries())
        expect((found[index] as number) / energy).toBeCloseTo(1, 2);
      expect(maps?.shape).toEqual([8, 16, 12]);
    }
  });

  it('draws what is left out from the numbers of the step, in training alone', async () => {
    const learner = learnerOf(await begun());
    const seen = { images: images(), features: {} };
    const energy = (mode: 'train' | 'eval', part: number) =>
      lossOf(learner, seen, mode, { random: () => part }).terms.energy?.dataSync()[0] as number;
    expect(energy('train', 0.4)).not.toBe(energy('train', 0.9));
    expect(energy('eval', 0.4)).toBe(energy('eval', 0.9));
  });

  it('learns nothing of the mixture from fewer images than have a covariance, and refuses batches of so few', async () => {
    const model = await create();
    const few = { images: tf.zeros<tf.Rank.R4>([4, 16, 12, 3]), features: {} };
    expect(Object.keys(lossOf(learnerOf(model), few, 'train').terms)).toEqual(['error']);
    await expect(gather(model, 'count', batches(4, 4))).rejects.toThrow(
      'DAGMM takes covariances of 4 numbers in each batch, which needs more than 4 images, and a batch has 4: give $.fit.batchSize a larger number',
    );
    await gather(model, 'count', batches(5, 3));
  });
});

it('describes a reconstruction by its relative distance and its cosine', () => {
  const x = tf.ones<tf.Rank.R4>([2, 2, 2, 3]);
  const given = tf.mul(x, tf.tensor4d([0.5, 1], [2, 1, 1, 1])) as tf.Tensor4D;
  const found = [...reconstructionFeatures(x, given).dataSync()];
  for (const [index, wanted] of [0.5, 1, 0, 1].entries()) expect(found[index]).toBeCloseTo(wanted, 5);
  const black = reconstructionFeatures(tf.zeros([1, 2, 2, 3]), tf.zeros([1, 2, 2, 3]));
  expect([...black.dataSync()].every(Number.isFinite)).toBe(true);
});
