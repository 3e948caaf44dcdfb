import { readFileSync } from 'node:fs';
import { adam, checkConformance, lossOf, type Model, type TrainStage, tf, trainStep } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { autoencoderPart } from './autoencoder-part.js';
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

it('the plugin conforms', async () => {
  const small = { depth: 2, width: 2, latent: 4, training: { epochs: 5 } };
  const learning = { training: { optimizer: { learningRate: 0.01 } } };
  await tf.setBackend('onnxruntime');
  await checkConformance(plugin, {
    parts: {
      'model/autoencoder': {
        options: { ...small, training: { epochs: 5, optimizer: { type: 'adam', learningRate: 0.01 } } },
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
