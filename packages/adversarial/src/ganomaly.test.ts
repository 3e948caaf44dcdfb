import { readFileSync } from 'node:fs';
import { type Model, type TrainStage, tf, trainStep } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { adversarialStage, collapseStage } from './adversarial-stages.js';
import { ganomalyPart } from './ganomaly-part.js';
import {
  beginAsSines,
  downNames,
  expectNear,
  numbers,
  tinyContext,
  tinySizes,
  tinyTraining,
  upNames,
  waves,
} from './sines.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

const expected: {
  losses: { discriminator: number; adversarial: number; contextual: number; encoder: number }[];
  scores: number[];
  map: number[];
  running: Record<string, number[]>;
} = JSON.parse(readFileSync(new URL('../fixtures/ganomaly.json', import.meta.url), 'utf8'));

const create = async (options: object = {}): Promise<Model> =>
  ganomalyPart.create(
    {
      ...tinySizes,
      weights: { adversarial: 1, contextual: 50, encoder: 1 },
      smoothing: 0,
      training: tinyTraining,
      ...options,
    },
    tinyContext,
  );

describe('GANomaly', () => {
  it('learns in alternating steps, and then detects, as it does in PyTorch', async () => {
    const model = await create();
    beginAsSines(model, [
      ...downNames('generator/encoder'),
      'generator/encoder.code.weight',
      ...upNames('generator/decoder'),
      ...downNames('generator/again'),
      'generator/again.code.weight',
      ...downNames('discriminator/features'),
      'discriminator/judge.weight',
    ]);
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
    const { review } = adversarialStage(discriminator, generator, tinyTraining);
    const epoch = (loss: number) => ({ loss: { discriminator: loss, generator: 1 } }) as never;
    expect(review?.([epoch(0.001), epoch(0.5)])).toEqual([]);
    expect(review?.([epoch(0.5), epoch(0.001)])[0]).toContain('The discriminator has won');
  });
});
