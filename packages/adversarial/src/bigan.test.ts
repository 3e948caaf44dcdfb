import { readFileSync } from 'node:fs';
import { type Model, type TrainStage, tf, trainStep } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { biganPart } from './bigan-part.js';
import {
  beginAsSines,
  downNames,
  expectNear,
  numbers,
  sineRandom,
  tinyContext,
  tinySizes,
  tinyTraining,
  upNames,
  waves,
} from './sines.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

const expected: {
  losses: { discriminator: number; encoder: number; generator: number }[];
  scores: number[];
  discrimination: Record<'features' | 'cross-entropy', number[]>;
  map: number[];
  running: Record<string, number[]>;
} = JSON.parse(readFileSync(new URL('../fixtures/bigan.json', import.meta.url), 'utf8'));

const create = async (options: object = {}): Promise<Model> =>
  biganPart.create(
    {
      ...tinySizes,
      hidden: 6,
      alpha: 0.3,
      discrimination: 'features',
      smoothing: 0,
      training: tinyTraining,
      ...options,
    },
    tinyContext,
  );

describe('BiGAN', () => {
  it('learns in alternating steps, and then detects, as it does in PyTorch', async () => {
    const model = await create();
    beginAsSines(model, [
      ...downNames('learning/encoder'),
      'learning/encoder.code.weight',
      'learning/encoder.code.bias',
      ...upNames('learning/generator'),
      ...downNames('discriminator/image'),
      'discriminator/pair.image.weight',
      'discriminator/code.weight',
      'discriminator/code.bias',
      'discriminator/pair.code.weight',
      'discriminator/pair.code.bias',
      'discriminator/judge.weight',
      'discriminator/judge.bias',
    ]);
    const [discriminator, others] = (model.stages[0] as TrainStage).learners;
    if (!discriminator || !others) throw new Error('There are no two learners.');
    const seen = waves();
    const options = { rate: 1, clipNorm: null, random: sineRandom() };
    for (const { discriminator: told, encoder, generator } of expected.losses) {
      expectNear(numbers(trainStep(discriminator, seen, options).total), [told]);
      const { terms, total } = trainStep(others, seen, options);
      expectNear(numbers(terms.encoder), [encoder]);
      expectNear(numbers(terms.generator), [generator]);
      expectNear(numbers(total), [encoder + generator]);
    }
    for (const [name, values] of Object.entries(expected.running))
      expectNear(numbers(model.state()[name]), values);
    const { scores, maps } = model.detect(seen);
    expectNear(numbers(scores), expected.scores);
    expectNear(numbers(maps).slice(0, 16 * 12), expected.map);

    for (const [discrimination, values] of Object.entries(expected.discrimination)) {
      const alone = await create({ alpha: 0, discrimination });
      alone.restore(model.state());
      expectNear(numbers(alone.detect(seen).scores), values);
    }
  });

  it('sees as many numbers as were drawn, in as many codes as there are images', async () => {
    const [discriminator] = ((await create()).stages[0] as TrainStage).learners;
    let drawn = 0;
    const random = () => {
      drawn += 1;
      return 0.5;
    };
    discriminator?.loss(waves(), 'train', random, 1);
    expect(drawn).toBe(3 * 5 * 4);
  });

  it('refuses images that are too small for its depth', async () => {
    await expect(create({ depth: 4 })).rejects.toThrow('Images of 16x12 cannot be halved 4 times');
  });
});
