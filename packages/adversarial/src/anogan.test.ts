import { readFileSync } from 'node:fs';
import { type Model, type Search, type Seen, type TrainStage, tf, trainStep } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { anoganPart } from './anogan-part.js';
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
  losses: { discriminator: number; generator: number }[];
  begun: number[];
  searched: { residual: number[]; discrimination: number[] }[];
  codes: number[];
  residual: number[];
  discrimination: number[];
  scores: number[];
  map: number[];
  running: Record<string, number[]>;
} = JSON.parse(readFileSync(new URL('../fixtures/anogan.json', import.meta.url), 'utf8'));

const create = async (options: object = {}): Promise<Model> =>
  anoganPart.create(
    {
      ...tinySizes,
      discrimination: 0.3,
      search: { steps: 5, learningRate: 0.05 },
      smoothing: 0,
      training: tinyTraining,
      ...options,
    },
    tinyContext,
  );

const imageOf = ({ images }: Seen, index: number): Seen => ({
  images: tf.slice(images, index, 1),
  features: {},
});

describe('AnoGAN', () => {
  it('learns in alternating steps, and then searches and detects, as it does in PyTorch', async () => {
    const model = await create();
    beginAsSines(model, [
      ...upNames('generator/generator'),
      ...downNames('discriminator/features'),
      'discriminator/judge.weight',
    ]);
    const [discriminator, generator] = (model.stages[0] as TrainStage).learners;
    if (!discriminator || !generator) throw new Error('There are no two learners.');
    const seen = waves();
    const random = sineRandom();
    for (const { discriminator: told, generator: deceived } of expected.losses) {
      const options = { rate: 1, clipNorm: null, random };
      expectNear(numbers(trainStep(discriminator, seen, options).total), [told]);
      expectNear(numbers(trainStep(generator, seen, options).total), [deceived]);
    }
    for (const [name, values] of Object.entries(expected.running))
      expectNear(numbers(model.state()[name]), values);

    const only = async (discrimination: number) => {
      const other = await create({ discrimination });
      other.restore(model.state());
      return other;
    };
    const [residual, discrimination] = [await only(0), await only(1)];
    const search = model.search as Search;
    expect(search.steps).toBe(5);
    const { latent } = tinySizes;
    for (let index = 0; index < 3; index++) {
      const own = (values: readonly number[], size: number) => values.slice(index * size, (index + 1) * size);
      const image = imageOf(seen, index);
      let at = search.begin(image, random);
      expectNear(numbers(at.value), own(expected.begun, latent));
      for (const losses of expected.searched) {
        expectNear(numbers(residual.detect(image, at).scores), own(losses.residual, 1));
        expectNear(numbers(discrimination.detect(image, at).scores), own(losses.discrimination, 1));
        at = search.step(image, at);
      }
      expectNear(numbers(at.value), own(expected.codes, latent));
      expectNear(numbers(residual.detect(image, at).scores), own(expected.residual, 1));
      expectNear(numbers(discrimination.detect(image, at).scores), own(expected.discrimination, 1));
      const { scores, maps } = model.detect(image, at);
      expectNear(numbers(scores), own(expected.scores, 1));
      if (index === 0) expectNear(numbers(maps), expected.map);
    }
  });

  it('draws as many numbers as a code has, for an image', async () => {
    const { search } = await create();
    let drawn = 0;
    search?.begin(imageOf(waves(), 0), () => {
      drawn += 1;
      return 0.5;
    });
    expect(drawn).toBe(tinySizes.latent * 4);
  });

  it('counts the steps of a search and their gradients among what an image costs', async () => {
    const cost = async (steps: number) =>
      (await create({ search: { steps, learningRate: 0.1 } })).cost?.() ?? { multiplyAdds: null };
    const [one, two, three] = (await Promise.all([1, 2, 3].map(cost))).map(
      ({ multiplyAdds }) => multiplyAdds as number,
    ) as [number, number, number];
    expect(two - one).toBe(three - two);
    // Generator 5·8·4·3 + 4·4·8·4·(4·3) + 4·4·4·3·(8·6), features 4·4·3·4·(8·6) + 4·4·4·8·(4·3); forwards and backwards.
    const generator = 480 + 6144 + 9216;
    const features = 9216 + 6144;
    expect(two - one).toBe(2 * (generator + features));
    expect(one).toBe(3 * (generator + features) + features);
  });
});
