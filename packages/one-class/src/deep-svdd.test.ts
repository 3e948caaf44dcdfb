import { readFileSync } from 'node:fs';
import {
  adam,
  checkConformance,
  type GatherStage,
  type Learner,
  lossOf,
  type Model,
  memoryBudget,
  prefixed,
  type Seen,
  type Tensors,
  type TrainStage,
  tf,
  trainStep,
} from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { deepSvddPart, radiusOf } from './deep-svdd.js';
import { plugin } from './index.js';

beforeAll(() => tf.setBackend('cpu'));

interface Trained {
  readonly images: number[];
  readonly centre: number[];
  readonly begin: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  /** Before each of six steps of Adam. */
  readonly losses: number[];
  /** After each of them. */
  readonly radii: number[];
}
const expected: {
  whole: Trained;
  dense: Trained;
  quantiles: { squares: number[]; nu: number; radius: number }[];
} = JSON.parse(readFileSync(new URL('../fixtures/deep-svdd.json', import.meta.url), 'utf8'));

const optimizer = async () =>
  adam({ learningRate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
async function create(options: object): Promise<Model> {
  return deepSvddPart.create(
    {
      depth: 2,
      width: 4,
      latent: 5,
      dense: false,
      boundary: 'hard',
      nu: 0.25,
      warmUp: 2,
      pretraining: { epochs: 0, optimizer },
      training: { epochs: 6, schedule: { warmUp: 0, decay: 'none' }, optimizer },
      ...options,
    },
    { seed: 1, imageSize: { height: 16, width: 12 } },
  );
}
const learnerOf = ({ stages }: Model): Learner =>
  (stages.find(({ name }) => name === 'one-class') as TrainStage).learners[0] as Learner;
const gatherOf = ({ stages }: Model, name: string) =>
  stages.find((stage) => stage.name === name) as GatherStage;
const radiusIn = (model: Model) => (model.state()['boundary/radius'] as tf.Tensor).dataSync()[0] as number;
const context = { total: 4, seed: 1, budget: memoryBudget(0) };
async function* batches(images: tf.Tensor4D): AsyncGenerator<Seen> {
  yield { images, features: {} };
}

describe('Deep SVDD', () => {
  it.each([
    ['whole', {}],
    ['dense', { dense: true, boundary: 'soft' }],
  ] as const)('learns as it does in PyTorch: %s', async (kind, options) => {
    const { images, centre, begin, losses, radii } = expected[kind];
    const model = await create(options);
    const given = Object.fromEntries(
      Object.entries(begin).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]),
    );
    const restored: Tensors = {
      ...model.state(),
      ...prefixed(given, 'network'),
      'centre/centre': tf.tensor1d(centre),
    };
    model.restore(restored);
    const seen = { images: tf.tensor4d(images, [4, 16, 12, 3]), features: {} };
    // Each step is an epoch.
    for (const [step, loss] of losses.entries()) {
      const progress = (step + 0.5) / losses.length;
      const { total } = trainStep(learnerOf(model), seen, { rate: 1, clipNorm: null, progress });
      expect((total.dataSync()[0] as number) / loss).toBeCloseTo(1, 3);
      expect(radiusIn(model)).toBeCloseTo(radii[step] as number, 3);
    }
  });

  it('has as radius the quantile that numpy has', () => {
    for (const { squares, nu, radius } of expected.quantiles)
      expect(radiusOf(tf.tensor1d(squares), nu).dataSync()[0]).toBeCloseTo(radius, 5);
  });

  it('sets its radius on what it trains on alone, after the warm-up', async () => {
    const model = await create({ boundary: 'soft', dense: true });
    model.restore({ ...model.state(), 'centre/centre': tf.ones([5]) });
    const images = tf.randomNormal<tf.Rank.R4>([4, 16, 12, 3], 0, 1, 'float32', 3);
    const seen = { images, features: {} };
    lossOf(learnerOf(model), seen, 'train', { progress: 2 / 6 });
    lossOf(learnerOf(model), seen, 'eval', { progress: 1 });
    expect(radiusIn(model)).toBe(0);
    lossOf(learnerOf(model), seen, 'measure', { progress: 1 });
    expect(radiusIn(model)).toBeGreaterThan(0);
  });

  it('refuses a training that would end before the radius is set', async () => {
    await expect(create({ boundary: 'soft', warmUp: 6 })).rejects.toThrow(
      'The radius of the soft boundary would never be set: $.model.warmUp is 6, and $.model.training.epochs 6.',
    );
    await create({ warmUp: 6 });
  });

  it('has a centre that is the mean of what it gives, and nowhere near 0', async () => {
    const model = await create({});
    const images = tf.randomNormal<tf.Rank.R4>([4, 16, 12, 3], 0, 1, 'float32', 3);
    await gatherOf(model, 'centre').gather(batches(images), context);
    const centre = [...(model.state()['centre/centre'] as tf.Tensor).dataSync()];
    expect(centre).toHaveLength(5);
    for (const component of centre) expect(Math.abs(component)).toBeGreaterThanOrEqual(0.0999);
    const { scores, maps } = model.detect({ images, features: {} });
    expect(scores.shape).toEqual([4]);
    expect(maps).toBeNull();
  });

  it('says that it has collapsed, where it gives the same for all images', async () => {
    const model = await create({});
    const images = tf.randomNormal<tf.Rank.R4>([4, 16, 12, 3], 0, 1, 'float32', 3);
    await gatherOf(model, 'collapse').gather(batches(images), context);
    const same = tf.tile(tf.slice(images, [0, 0, 0, 0], [1, 16, 12, 3]), [4, 1, 1, 1]) as tf.Tensor4D;
    await expect(gatherOf(model, 'collapse').gather(batches(same), context)).rejects.toThrow(
      /^The network of Deep SVDD has collapsed/,
    );
  });

  it('has no parameter that could make a constant of every image', async () => {
    const { parameters } = learnerOf(await create({}));
    expect(Object.keys(parameters)).toEqual(['0.weight', '1.weight', 'code.weight']);
  });
});

it('the plugin conforms', async () => {
  const fast = { optimizer: { type: 'adam', learningRate: 0.01 } };
  const small = { depth: 2, width: 2, latent: 4, pretraining: { epochs: 3, ...fast } };
  await tf.setBackend('onnxruntime');
  await checkConformance(plugin, {
    parts: {
      'model/deep-svdd': {
        options: { ...small, training: { epochs: 5, ...fast }, boundary: 'soft', warmUp: 2, dense: true },
      },
    },
    methods: Object.fromEntries(
      (plugin.methods ?? []).map(({ name }) => [name, { model: { ...small, training: fast } }]),
    ),
  });
});
