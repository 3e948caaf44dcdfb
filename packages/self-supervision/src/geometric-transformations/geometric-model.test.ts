import { readFileSync } from 'node:fs';
import '@adfw/engine-onnxruntime';
import {
  type Learner,
  type Model,
  memoryBudget,
  namedRandom,
  type Seen,
  sgd,
  type TrainStage,
  tf,
  trainStep,
} from '@adfw/core';
import { layerNetwork } from '@adfw/networks';
import { beforeAll, describe, expect, it } from 'vitest';
import { geometricPart } from './geometric-model.js';
import { allTransformed, transformedPixels } from './transformations.js';
import { wideResidualNetwork } from './wide-residual-network.js';

beforeAll(() => tf.setBackend('onnxruntime'));

interface Expected {
  readonly logits: readonly number[];
  readonly losses: readonly number[];
  readonly kernel: readonly number[];
  readonly offset: readonly number[];
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  readonly dirichlet: readonly number[];
  readonly softmax: readonly number[];
}
const expected: Expected = JSON.parse(
  readFileSync(new URL('../../fixtures/geometric.json', import.meta.url), 'utf8'),
);

const defaults = Object.fromEntries(
  Object.entries(geometricPart.options ?? {}).map(([name, option]) => [name, option.default]),
);
const training = {
  epochs: 1,
  schedule: { warmUp: 0, decay: 'none' },
  clipNorm: null,
  averageDecay: 0,
  preciseBatchNorm: false,
  patience: null,
  optimizer: async () => sgd({ learningRate: 0.03, momentum: 0.9, weightDecay: 0.0005 }),
};
const create = async (options: object = {}, imageSize = { height: 8, width: 8 }): Promise<Model> =>
  geometricPart.create({ ...defaults, width: 1, training, ...options }, { seed: 1, imageSize });

/** What the fixture begins with. */
function begin(variables: Readonly<Record<string, tf.Variable>>): void {
  for (const [number, [name, variable]] of Object.entries(variables).entries()) {
    const isVector = variable.rank === 1;
    const size = isVector ? 0.3 : Math.sqrt((2 * (variable.shape.at(-1) as number)) / variable.size);
    const around = name.includes('bn') && name.endsWith('weight') ? 1 : 0;
    const factor = name === 'fc.weight' ? 4 : 1;
    const values = Float32Array.from(
      { length: variable.size },
      (_, i) => factor * (around + size * Math.sin(1 + 0.7 * i + number)),
    );
    variable.assign(tf.tensor(values, variable.shape));
  }
}
const waves = (count: number, frequency: number): Seen => ({
  images: tf.tensor4d(
    Float32Array.from({ length: count * 192 }, (_, at) => {
      const number = Math.floor(at / 192) + 1;
      return number * Math.sin(frequency * number * (at % 192));
    }),
    [count, 8, 8, 3],
  ),
  features: {},
});
async function* inBatches(...batches: Seen[]) {
  yield* batches;
}
const context = (total: number) => ({ total, seed: 1, budget: memoryBudget(0) });
const stageOf = ({ stages }: Model, wanted: string) => stages.find(({ name }) => name === wanted);
const learnerOf = (model: Model) => (stageOf(model, 'classifier') as TrainStage).learners[0] as Learner;
async function gather(model: Model, name: string, batches: AsyncIterable<Seen>, total: number) {
  const stage = stageOf(model, name);
  if (!stage || !('gather' in stage)) throw new Error(`There is no stage ${name} that gathers.`);
  await stage.gather(batches, context(total));
}

const numbers = (tensor: tf.Tensor | undefined) => [...(tensor as tf.Tensor).dataSync()];
const expectNear = (found: readonly number[], wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    expect(Math.abs((found[at] as number) - value) / (1e-3 + Math.abs(value)), `${at}`).toBeLessThan(1e-3);
};

describe('wideResidualNetwork', () => {
  it('gives the logits that it gives in PyTorch', () => {
    const network = layerNetwork(wideResidualNetwork({ depth: 10, width: 1, classes: 72 }), 1);
    begin(network.parameters);
    const given = allTransformed(waves(1, 0.37).images, transformedPixels(8, 2));
    const logits = numbers(tf.slice(network.apply(given, 'eval'), [0, 0, 0, 0], [2, 1, 1, 72]));
    expectNear(logits, expected.logits);
  });

  it('has the parameters and multiplications of the paper', () => {
    // Table 4 of Zagoruyko and Komodakis: WRN-40-4 has 8.9, WRN-28-10 36.5 million parameters, with ten classes.
    const cost = (depth: number, width: number) => {
      const { tensors, work } = wideResidualNetwork({ depth, width, classes: 10 });
      const learnt = tensors.filter(({ role }) => role !== 'mean' && role !== 'variance');
      const sizes = learnt.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
      return [sizes.reduce((sum, size) => sum + size, 0), work([32, 32]).multiplyAdds];
    };
    expect(cost(40, 4)[0]).toBeGreaterThan(8.85e6);
    expect(cost(40, 4)[0]).toBeLessThan(8.95e6);
    expect(cost(28, 10)[0]).toBeGreaterThan(36.45e6);
    expect(cost(28, 10)[0]).toBeLessThan(36.55e6);
    const blocks =
      9 * 32 * 32 * (16 * 16 + 16 * 16) +
      16 * 16 * (9 * (16 * 32 + 32 * 32) + 16 * 32) +
      8 * 8 * (9 * (32 * 64 + 64 * 64) + 32 * 64);
    expect(cost(10, 1)[1]).toBe(27 * 16 * 32 * 32 + blocks + 64 * 10);
  });

  it('refuses depths that no Wide ResNet has', () => {
    for (const depth of [11, 4, 15])
      expect(() => wideResidualNetwork({ depth, width: 1, classes: 72 })).toThrow(
        `cannot be ${depth} layers deep`,
      );
  });
});

describe('geometric transformations', () => {
  it('learn as they do in PyTorch, and score with the Dirichlet distributions of scipy, and without', async () => {
    // All transformations are seen in each step, so that it does not matter in which order they are drawn.
    const model = await create({ views: 72 });
    const learner = learnerOf(model);
    begin(learner.parameters);
    const seen = waves(2, 0.37);
    for (const loss of expected.losses)
      expectNear(numbers(trainStep(learner, seen, { rate: 1, clipNorm: null }).total), [loss]);
    expectNear(numbers(learner.parameters['conv1.weight']), expected.kernel);
    expectNear(numbers(learner.parameters['fc.bias']), expected.offset);
    expectNear(numbers(learner.statistics?.['bn.running_mean']), expected.mean);
    expectNear(numbers(learner.statistics?.['bn.running_var']), expected.variance);

    const [some, rest] = tf.split(waves(5, 0.23).images, [2, 3]) as [tf.Tensor4D, tf.Tensor4D];
    const batches = inBatches({ images: some, features: {} }, { images: rest, features: {} });
    await gather(model, 'dirichlet', batches, 5);
    const { scores, maps } = model.detect(waves(3, 0.41));
    expect(maps).toBeNull();
    expectNear(numbers(scores), expected.dirichlet);

    const simple = await create({ score: 'softmax' });
    simple.restore(model.state());
    expectNear(numbers(simple.detect(waves(3, 0.41)).scores), expected.softmax);
    model.dispose();
    simple.dispose();
  });

  it('draw transformations from the random numbers of the step alone', async () => {
    const model = await create({ views: 3 });
    const seen = waves(2, 0.37);
    const lossWith = (seed: number) =>
      numbers(learnerOf(model).loss(seen, 'eval', namedRandom(seed, 'test'), 1) as tf.Scalar)[0];
    expect(lossWith(1)).toBe(lossWith(1));
    expect(lossWith(2)).not.toBe(lossWith(1));
    model.dispose();
  });

  it('refuse one image before anything is trained, where they score by Dirichlet distributions', async () => {
    const nothing = { [Symbol.asyncIterator]: () => Promise.reject(new Error('looked')) as never };
    const model = await create();
    expect(model.stages[0]?.name).toBe('count');
    await expect(gather(model, 'count', nothing, 1)).rejects.toThrow('needs at least 2 nominal images');
    await gather(model, 'count', nothing, 2);
    const simple = await create({ score: 'softmax' });
    expect(simple.stages.map(({ name }) => name)).toEqual(['classifier']);
    model.dispose();
    simple.dispose();
  });

  it('refuse images and depths that do not fit before they make anything', async () => {
    const before = tf.memory().numTensors;
    await expect(create({}, { height: 8, width: 12 })).rejects.toThrow('need squares');
    await expect(create({}, { height: 4, width: 4 })).rejects.toThrow('too small');
    await expect(create({ depth: 12 })).rejects.toThrow('12 layers deep');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('say what they cost: 72 passes of the network', async () => {
    const model = await create();
    const { multiplyAdds } = wideResidualNetwork({ depth: 10, width: 1, classes: 72 }).work([8, 8]);
    const learnt = Object.values(learnerOf(model).parameters).reduce((sum, { size }) => sum + size, 0);
    expect(model.cost?.()).toEqual({ parameters: learnt + 72 * 72, multiplyAdds: 72 * multiplyAdds });
    model.dispose();
  });
});
