import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import {
  type Backbone,
  type GatherStage,
  imagePatches,
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
import { batchNorm, convolution, layerNetwork, relu, sequence } from '@adfw/networks';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy } from '../cross-entropy.js';
import { cutPastePart, gradCam } from './cut-paste-model.js';
import { patchMap } from './patch-grid.js';

beforeAll(() => tf.setBackend('cpu'));

describe('gradCam', () => {
  it('has the gradient that tfjs computes', () => {
    const maps = tf.randomNormal<tf.Rank.R4>([2, 3, 4, 5], 0, 1, 'float32', 1);
    const mean = tf.randomNormal<tf.Rank.R1>([5], 0, 1, 'float32', 2);
    const whitening = tf.randomNormal<tf.Rank.R2>([5, 5], 0, 1, 'float32', 3);
    const squaredDistance = (vectors: tf.Tensor2D) => {
      const length = tf.sqrt(tf.sum(tf.square(vectors), 1, true));
      return tf.sum<tf.Scalar>(tf.square(tf.matMul(tf.sub(tf.div(vectors, length), mean), whitening)));
    };
    const gradient = tf.grad((vectors) => squaredDistance(vectors as tf.Tensor2D))(tf.mean(maps, [1, 2]));
    const right = tf.relu(tf.sum(tf.mul(maps, tf.reshape(gradient, [2, 1, 1, 5])), -1)).dataSync();
    const [found] = gradCam({ layer: maps }, ['layer'], { mean, whitening }) as [tf.Tensor3D];
    expect(found.shape).toEqual([2, 3, 4]);
    found.dataSync().forEach((value, at) => {
      expect(value).toBeCloseTo(right[at] as number, 3);
    });
  });
});

interface Expected {
  readonly logits: readonly number[];
  readonly headLoss: number;
  readonly losses: readonly number[];
  readonly kernel: readonly number[];
  readonly networkMean: readonly number[];
  readonly headVariance: readonly number[];
  readonly scores: readonly number[];
}
const expected: Record<'binary' | '3-way', Expected> = JSON.parse(
  readFileSync(new URL('../../fixtures/cut-paste.json', import.meta.url), 'utf8'),
);

const defaults = Object.fromEntries(
  Object.entries(cutPastePart.options ?? {}).map(([name, option]) => [name, option.default]),
);
const training = {
  epochs: 1,
  schedule: { warmUp: 0, decay: 'none' },
  clipNorm: null,
  averageDecay: 0,
  preciseBatchNorm: false,
  patience: null,
  optimizer: async () => sgd({ learningRate: 0.03, momentum: 0.9, weightDecay: 0.00003 }),
};
/** A convolution of stride 2 to 4 channels, normalised: layer `only`. */
const backbone = Object.assign(
  async (): Promise<Backbone> => {
    const layer = sequence(convolution('conv', 3, 4, { size: 3, stride: 2 }), batchNorm('norm', 4), relu);
    const { parameters, statistics, apply } = layerNetwork(layer, 1);
    return {
      layers: ['only'],
      channels: { only: 4 },
      parameters,
      statistics,
      features: (images, mode) => ({ only: apply(images, mode) }),
      dispose: () => tf.dispose([parameters, statistics]),
    };
  },
  { type: 'one convolution', path: '$.model.backbone' },
);
const size = { height: 8, width: 6 };
const create = async (options: object = {}, imageSize = { height: 32, width: 32 }): Promise<Model> =>
  cutPastePart.create(
    { ...defaults, backbone, layers: ['only'], head: [5], training, ...options },
    { seed: 1, imageSize },
  );

const trainStages = ({ stages }: Model) => stages.filter((stage) => 'learners' in stage) as TrainStage[];
const learnerOf = (stage: TrainStage | undefined) => stage?.learners[0] as Learner;
const gatherStage = ({ stages }: Model, wanted: string) =>
  stages.find(({ name }) => name === wanted) as GatherStage;

/** What the fixture begins with. */
function begin(model: Model): void {
  const state = model.state();
  const tensors = [
    ['network/conv.weight', 0],
    ['network/norm.weight', 1],
    ['network/norm.bias', 0],
    ['head/0.weight', 0],
    ['head/0.norm.weight', 1],
    ['head/0.norm.bias', 0],
    ['head/classes.weight', 0],
    ['head/classes.bias', 0],
  ] as const;
  for (const [number, [name, around]] of tensors.entries()) {
    const variable = state[name] as tf.Variable;
    const values = Float32Array.from(
      { length: variable.size },
      (_, i) => around + 0.3 * Math.sin(1 + 0.7 * i + number),
    );
    variable.assign(tf.tensor(values, variable.shape));
  }
}
const waves = (count: number, frequency: number): Seen => ({
  images: tf.tensor4d(
    Float32Array.from({ length: count * 8 * 6 * 3 }, (_, i) => Math.sin(i * frequency)),
    [count, 8, 6, 3],
  ),
  features: {},
});
async function* inBatches(...batches: Seen[]) {
  yield* batches;
}
const context = (total: number) => ({ total, seed: 1, budget: memoryBudget(0) });

const numbers = (tensor: tf.Tensor | undefined) => [...(tensor as tf.Tensor).dataSync()];
const expectNear = (found: readonly number[], wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    expect(Math.abs((found[at] as number) - value) / (1e-3 + Math.abs(value)), `${at}`).toBeLessThan(1e-3);
};

describe('CutPaste', () => {
  it.each(['binary', '3-way'] as const)(
    'learns %s as it does in PyTorch, and scores with the Gaussian of scikit-learn',
    async (variant) => {
      // The images of the fixture are not pasted into, and smaller than what could be.
      const model = await create({ variant });
      begin(model);
      const { logits, headLoss, losses, kernel, networkMean, headVariance, scores } = expected[variant];
      const given = waves(variant === 'binary' ? 4 : 6, 0.37);
      const classes = variant === 'binary' ? 2 : 3;
      const labels = Array.from({ length: 2 * classes }, (_, index) => Math.floor(index / 2));
      const wanted = crossEntropy(tf.tensor2d([...logits], [2 * classes, classes]), labels);
      const [headAlone, classifier] = trainStages(model);
      const options = { rate: 1, clipNorm: null };
      const step = (stage: TrainStage | undefined) =>
        numbers(trainStep(learnerOf(stage), given, options).total);
      const first = step(headAlone);
      expectNear(first, [headLoss]);
      expectNear(first, numbers(wanted));
      for (const loss of losses) expectNear(step(classifier), [loss]);
      const state = model.state();
      expectNear(numbers(state['network/conv.weight']), kernel);
      expectNear(numbers(state['network/norm.running_mean']), networkMean);
      expectNear(numbers(state['head/0.norm.running_var']), headVariance);
      const { images } = waves(7, 0.23);
      const [some, rest] = tf.split(images, [3, 4]) as [tf.Tensor4D, tf.Tensor4D];
      const batches = inBatches({ images: some, features: {} }, { images: rest, features: {} });
      await gatherStage(model, 'density').gather(batches, context(7));
      expectNear(numbers(model.detect(waves(3, 0.41)).scores), scores);
    },
  );

  it('gives of patches the distances that it gives of them as images', async () => {
    const patches = { size: 16, stride: 8 };
    const model = await create({ localization: 'patches', patches });
    const images = tf.randomUniform<tf.Rank.R4>([3, 32, 32, 3], -1, 1, 'float32', 1);
    await gatherStage(model, 'density').gather(inBatches({ images, features: {} }), context(3));
    const { scores, maps } = model.detect({ images, features: {} });
    const whole = await create({}, { height: 16, width: 16 });
    whole.restore(model.state());
    const { scores: distances } = whole.detect({ images: imagePatches(images, patches), features: {} });
    const wanted = patchMap(tf.reshape(distances, [3, 3, 3]), { height: 32, width: 32 }, patches);
    expectNear(numbers(maps as tf.Tensor), numbers(wanted));
    expectNear(numbers(scores), numbers(tf.max(wanted, [1, 2])));
  });

  it('trains on patches where these are scored', async () => {
    const model = await create({ localization: 'patches', patches: { size: 16, stride: 8 } });
    const image = {
      height: 32,
      width: 32,
      data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => at % 251),
    };
    const given = await trainStages(model)[1]?.augment?.([image, image], namedRandom(1, 'test'));
    expect(given?.map(({ width, height }) => [width, height])).toEqual(Array(6).fill([16, 16]));
  });

  it('refuses one image before anything is trained', async () => {
    const [first] = (await create()).stages as [GatherStage];
    const nothing = { [Symbol.asyncIterator]: () => Promise.reject(new Error('looked')) as never };
    const gathered = (total: number) => first.gather(nothing, context(total));
    await expect(gathered(1)).rejects.toThrow('at least 2 nominal images');
    await gathered(2);
  });

  it('refuses images so small that a pasted piece would be thinner than a pixel', async () => {
    await expect(create({}, size)).rejects.toThrow('Images of 8x6 are too small for CutPaste');
    await create({}, { height: 13, width: 13 });
    const patches = (size: number) => create({ localization: 'patches', patches: { size, stride: 4 } });
    await expect(patches(8)).rejects.toThrow('Patches of 8x8 are too small for CutPaste');
    await expect(patches(40)).rejects.toThrow('Images of 32x32 have no patch of 40x40 pixels');
  });

  it('refuses Grad-CAM of a single position', async () => {
    const narrow = Object.assign(
      async () => {
        const network = await backbone();
        return {
          ...network,
          features: (images: tf.Tensor4D) => ({ only: tf.zeros<tf.Rank.R4>([images.shape[0], 1, 1, 4]) }),
        };
      },
      { type: 'narrow', path: '$.model.backbone' },
    );
    await expect(create({ backbone: narrow, localization: 'grad-cam' })).rejects.toThrow('a single position');
  });
});
