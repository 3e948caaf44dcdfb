import { readFileSync } from 'node:fs';
import {
  adam,
  checkConformance,
  imagesTensor,
  lossOf,
  type Model,
  type PatchGrid,
  type TrainStage,
  tf,
  trainStep,
} from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { autoencoderPart } from './autoencoder-part.js';
import { averagedPatches } from './averaged-patches.js';
import { plugin } from './index.js';
import { structuralSimilarity } from './structural-similarity.js';

beforeAll(() => tf.setBackend('cpu'));

interface Trained {
  readonly images: number[];
  readonly begin: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  /** Before each of six steps of Adam. */
  readonly losses: number[];
}
const expected: {
  similarity: { x: number[]; y: number[]; map: number[] };
  plain: Trained;
  variational: Trained;
  averaged: {
    shape: [number, number, number, number];
    grid: PatchGrid;
    images: number[];
    ramp: number[];
    averaged: number[];
  }[];
  patches: Trained & { grid: PatchGrid & { perImage: number }; map: number[]; uniform: number[] };
} = JSON.parse(readFileSync(new URL('../fixtures/autoencoder.json', import.meta.url), 'utf8'));

describe('structural similarity', () => {
  it("is scikit-image's away from the border, which is mirrored in another way there", () => {
    const { x, y, map } = expected.similarity;
    const [height, width] = [20, 16];
    const of = (values: number[]) => tf.tensor4d(values, [1, height, width, 3]);
    const found = structuralSimilarity(of(x), of(y)).dataSync();
    for (let row = 5; row < height - 5; row++)
      for (let column = 5; column < width - 5; column++)
        expect(found[row * width + column]).toBeCloseTo(map[row * width + column] as number, 4);
  });

  it('is 1 for the same image, and less for any other', () => {
    const x = tf.randomUniform<tf.Rank.R4>([1, 12, 14, 3], 0, 1, 'float32', 1);
    for (const value of structuralSimilarity(x, x).dataSync()) expect(value).toBeCloseTo(1, 4);
    const other = tf.randomUniform<tf.Rank.R4>([1, 12, 14, 3], 0, 1, 'float32', 2);
    for (const value of structuralSimilarity(x, other).dataSync()) expect(value).toBeLessThan(0.9);
  });
});

async function create(options: object): Promise<Model> {
  const defaults = {
    depth: 2,
    width: 4,
    latent: 5,
    error: 'squared',
    variational: false,
    beta: 1,
    patches: { size: null, stride: null, perImage: 4 },
    smoothing: 0,
  };
  const training = {
    epochs: 1,
    schedule: { warmUp: 0, decay: 'none' },
    optimizer: async () =>
      adam({ learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }),
  };
  return autoencoderPart.create(
    { ...defaults, training, ...options },
    { seed: 1, imageSize: { height: 16, width: 12 } },
  );
}

describe('an autoencoder', () => {
  it.each(['plain', 'variational'] as const)('learns as it does in PyTorch: %s', async (kind) => {
    const { images, begin, losses } = expected[kind];
    const { stages } = await create({ variational: kind === 'variational' });
    const [learner] = (stages[0] as TrainStage).learners;
    if (!learner) throw new Error('There is no learner.');
    for (const [name, variable] of Object.entries(learner.parameters)) {
      const { shape, data } = begin[name] as Trained['begin'][string];
      variable.assign(tf.tensor(data, shape));
    }
    const seen = { images: tf.tensor4d(images, [3, 16, 12, 3]), features: {} };
    // PyTorch has the mean of the code for a sample of it.
    const steps = { ...learner, loss: (given: typeof seen) => learner.loss(given, 'eval', Math.random, 1) };
    for (const loss of losses) {
      const { total } = trainStep(steps, seen, { rate: 1, clipNorm: null });
      expect((total.dataSync()[0] as number) / loss).toBeCloseTo(1, 4);
    }
  });

  it('draws its code from the numbers of the step, where it is variational', async () => {
    const model = await create({ variational: true });
    const [learner] = (model.stages[0] as TrainStage).learners;
    const seen = { images: tf.ones<tf.Rank.R4>([1, 16, 12, 3]), features: {} };
    const loss = (...numbers: number[]) => {
      let at = 0;
      const random = () => numbers[at++ % numbers.length] as number;
      return learner && lossOf(learner, seen, 'train', { random }).total.dataSync()[0];
    };
    expect(loss(0.1, 0.7, 0.4)).toBe(loss(0.1, 0.7, 0.4));
    expect(loss(0.1, 0.7, 0.4)).not.toBe(loss(0.9, 0.2, 0.3));
  });

  it('refuses images that are too small for its depth', async () => {
    await expect(create({ depth: 4 })).rejects.toThrow('Images of 16x12 cannot be halved 4 times');
  });
});

describe('patches that overlap', () => {
  it.each(expected.averaged)('are averaged as by PyTorch: $shape, $grid', ({ shape, grid, ...given }) => {
    const { size } = grid;
    const ramp = tf.tensor4d(given.ramp, [1, size, size, 1]);
    const images = tf.tensor4d(given.images, shape);
    const found = averagedPatches(images, grid, (patches) => tf.mul(patches, ramp)).dataSync();
    for (const [at, value] of given.averaged.entries()) expect(found[at]).toBeCloseTo(value, 5);
  });

  it('give back what they are, in any number, a few at a time', () => {
    const images = tf.randomUniform<tf.Rank.R4>([2, 9, 47, 3], 0, 1, 'float32', 1);
    const counts: number[] = [];
    const found = averagedPatches(images, { size: 4, stride: 2 }, (patches) => {
      counts.push(patches.shape[0]);
      return tf.clone(patches);
    });
    expect(Math.max(...tf.abs(tf.sub(found, images)).dataSync())).toBeLessThan(1e-6);
    // 4 rows of 23 patches, of two images.
    expect(counts).toEqual(Array.from({ length: 4 }, () => [16, 16, 14]).flat());
  });

  it('leave nothing behind', () => {
    const images = tf.ones<tf.Rank.R4>([1, 9, 9, 3]);
    const before = tf.memory().numTensors;
    averagedPatches(images, { size: 4, stride: 3 }, tf.square).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('an autoencoder of patches', () => {
  const { grid, begin, images, map, uniform, losses } = expected.patches;
  const begun = async () => {
    const model = await create({ patches: grid });
    const tensors = Object.entries(begin).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]);
    model.restore(Object.fromEntries(tensors));
    return model;
  };
  const rgb = [0, 1, 2].map((index) => ({
    height: 16,
    width: 12,
    data: Uint8Array.from(images.slice(index * 576, (index + 1) * 576)),
  }));

  it('learns from those that the numbers of the step say, as it does in PyTorch', async () => {
    const model = await begun();
    const { learners, augment } = model.stages[0] as TrainStage;
    const [learner] = learners;
    if (!learner || !augment) throw new Error('There is no learner of patches.');
    let drawn = 0;
    for (const loss of losses) {
      const patches = await augment(rgb, () => uniform[drawn++] as number);
      expect(patches).toHaveLength(6);
      const seen = { images: imagesTensor(patches, model.normalization), features: {} };
      const { total } = trainStep(learner, seen, { rate: 1, clipNorm: null });
      expect((total.dataSync()[0] as number) / loss).toBeCloseTo(1, 4);
    }
    expect(drawn).toBe(uniform.length);
  });

  it('shows what their mean does not give back', async () => {
    const model = await begun();
    const { maps } = model.detect({ images: imagesTensor(rgb, model.normalization), features: {} });
    expect(maps?.shape).toEqual([3, 16, 12]);
    for (const [at, value] of (maps as tf.Tensor).dataSync().entries())
      expect(value).toBeCloseTo(map[at] as number, 5);
  });

  it.each([
    [{ size: 20 }, 'Images of 16x12 have no patch of 20x20 pixels: give $.model.patches.size 12 at most'],
    [{ size: 8, stride: 9 }, 'give $.model.patches.stride 8 at most'],
    [{ size: 3 }, 'Patches of 3x3 pixels cannot be halved 2 times: give $.model.depth a smaller number'],
    [{ stride: 4 }, '$.model.patches.stride is 4, and there are no patches'],
  ])('refuses %o', async (patches, message) => {
    const whole = { size: null, stride: null, perImage: 4 };
    await expect(create({ patches: { ...whole, ...patches } })).rejects.toThrow(message);
  });
});

it('the plugin conforms', async () => {
  const small = { depth: 2, width: 2, latent: 4, training: { epochs: 5 } };
  const learning = { training: { optimizer: { learningRate: 0.01 } } };
  await tf.setBackend('onnxruntime');
  await checkConformance(plugin, {
    parts: {
      'model/autoencoder': {
        options: {
          ...small,
          variational: true,
          patches: { size: 12 },
          training: { epochs: 5, optimizer: { type: 'adam', learningRate: 0.01 } },
        },
      },
      'model/dagmm': {
        options: {
          ...small,
          latent: 1,
          components: 1,
          training: { epochs: 5, optimizer: { type: 'adam', learningRate: 0.01 } },
        },
      },
    },
    methods: Object.fromEntries(
      (plugin.methods ?? []).map(({ name }) => [
        name,
        // A batch of the kit has four images, more than DAGMM's three numbers of a code of one.
        { model: { depth: 2, width: 2, latent: name === 'dagmm' ? 1 : 4, ...learning } },
      ]),
    ),
  });
});
