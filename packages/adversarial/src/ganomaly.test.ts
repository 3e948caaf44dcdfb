import { readFileSync } from 'node:fs';
import { adam, checkConformance, type Model, type Seen, type TrainStage, tf, trainStep } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { adversarialStage, collapseStage } from './adversarial-stages.js';
import { ganomalyPart } from './ganomaly-part.js';
import { plugin } from './index.js';

beforeAll(() => tf.setBackend('cpu'));

const expected: {
  losses: { discriminator: number; adversarial: number; contextual: number; encoder: number }[];
  scores: number[];
  map: number[];
  running: Record<string, number[]>;
} = JSON.parse(readFileSync(new URL('../fixtures/ganomaly.json', import.meta.url), 'utf8'));

const training = {
  epochs: 1,
  schedule: { warmUp: 0, decay: 'none' as const },
  clipNorm: null,
  averageDecay: 0,
  preciseBatchNorm: false,
  patience: null,
  optimizer: Object.assign(
    async () => adam({ learningRate: 2e-3, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }),
    { type: 'adam', path: '' },
  ),
};
const create = async (options: object = {}): Promise<Model> =>
  ganomalyPart.create(
    {
      depth: 2,
      width: 4,
      latent: 5,
      weights: { adversarial: 1, contextual: 50, encoder: 1 },
      smoothing: 0,
      training,
      ...options,
    },
    { seed: 1, imageSize: { height: 16, width: 12 } },
  );

/** What the fixture begins with, tensor by tensor in the order in which PyTorch's modules are filled. */
function begin(model: Model): void {
  const state = model.state();
  const down = (name: string) => [`${name}.0.weight`, `${name}.1.weight`, `${name}.1.norm`];
  const names = [
    ...down('generator/encoder'),
    'generator/encoder.code.weight',
    'generator/decoder.code.weight',
    'generator/decoder.code.norm',
    'generator/decoder.1.weight',
    'generator/decoder.1.norm',
    'generator/decoder.0.weight',
    ...down('generator/again'),
    'generator/again.code.weight',
    ...down('discriminator/features'),
    'discriminator/judge.weight',
  ];
  let number = 0;
  const fill = (name: string, around: number) => {
    const variable = state[name] as tf.Variable;
    const values = Float32Array.from(
      { length: variable.size },
      (_, i) => around + 0.3 * Math.sin(1 + 0.7 * i + number),
    );
    variable.assign(tf.tensor(values, variable.shape));
    number += 1;
  };
  for (const name of names)
    if (name.endsWith('.norm')) {
      fill(`${name}.weight`, 1);
      fill(`${name}.bias`, 0);
    } else fill(name, 0);
}

const waves = (): Seen => ({
  images: tf.tensor4d(
    Float32Array.from({ length: 3 * 16 * 12 * 3 }, (_, i) => Math.sin(i * 0.37)),
    [3, 16, 12, 3],
  ),
  features: {},
});

const numbers = (tensor: tf.Tensor | null | undefined) => [...(tensor as tf.Tensor).dataSync()];
const expectNear = (found: readonly number[], wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    expect(Math.abs((found[at] as number) - value) / (1e-3 + Math.abs(value)), `${at}`).toBeLessThan(1e-3);
};

describe('GANomaly', () => {
  it('learns in alternating steps, and then detects, as it does in PyTorch', async () => {
    const model = await create();
    begin(model);
    const [discriminator, generator] = (model.stages[0] as TrainStage).learners;
    if (!discriminator || !generator) throw new Error('There are no two learners.');
    const seen = waves();
    for (const { discriminator: told, ...terms } of expected.losses) {
      const options = { rate: 1, clipNorm: null };
      expectNear(numbers(trainStep(discriminator, seen, options).total), [told]);
      const found = trainStep(generator, seen, options).terms;
      for (const [name, term] of Object.entries(terms)) expectNear(numbers(found[name]), [term]);
    }
    for (const [name, values] of Object.entries(expected.running))
      expectNear(numbers(model.state()[name]), values);
    const { scores, maps } = model.detect(seen);
    expectNear(numbers(scores), expected.scores);
    expectNear(numbers(maps).slice(0, 16 * 12), expected.map);
  });

  it('refuses images that are too small for its depth', async () => {
    await expect(create({ depth: 4 })).rejects.toThrow('Images of 16x12 cannot be halved 4 times');
  });
});

async function notesOfCollapse(generated: (images: tf.Tensor4D) => tf.Tensor4D): Promise<string[]> {
  const notes: string[] = [];
  const { images, features } = waves();
  const { gather } = collapseStage(generated);
  const batches = (async function* () {
    yield { images, features };
  })();
  await gather(batches, {
    total: 3,
    seed: 1,
    budget: { take: () => true } as never,
    report: (message) => notes.push(message),
  });
  return notes;
}

describe('what goes wrong with such networks', () => {
  it('is noted where the generator gives the same for all images', async () => {
    expect(await notesOfCollapse((images) => images)).toEqual([]);
    const [note] = await notesOfCollapse((images) => tf.mul(images, 0.05));
    expect(note).toContain('The generator has collapsed: what it gives varies 0.050 times as much');
  });

  it('is an error where what it gives is no number', async () => {
    await expect(notesOfCollapse((images) => tf.mul(images, Number.NaN))).rejects.toThrow(
      'Training diverged: what the generator gives for nominal images is not finite',
    );
  });

  it('is noted where the discriminator is certain of every image in the last epoch', async () => {
    const [discriminator, generator] = ((await create()).stages[0] as TrainStage).learners;
    if (!discriminator || !generator) throw new Error('There are no two learners.');
    const { review } = adversarialStage(discriminator, generator, training);
    const epoch = (loss: number) => ({ loss: { discriminator: loss, generator: 1 } }) as never;
    expect(review?.([epoch(0.001), epoch(0.5)])).toEqual([]);
    expect(review?.([epoch(0.5), epoch(0.001)])[0]).toContain('The discriminator has won');
  });
});

it('the plugin conforms', async () => {
  const small = {
    depth: 2,
    width: 2,
    latent: 4,
    training: { epochs: 5, optimizer: { type: 'adam', learningRate: 0.005, beta1: 0.5 } },
  };
  await checkConformance(plugin, {
    parts: { 'model/ganomaly': { options: small } },
    methods: { ganomaly: { model: small } },
  });
});
