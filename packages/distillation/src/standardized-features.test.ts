import { type Backbone, type Seen, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { standardizedFeatures } from './standardized-features.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

/** The image itself, its channels on different scales and the last one constant. */
const teacher = (): Backbone => ({
  layers: ['layer1'],
  channels: { layer1: 3 },
  parameters: {},
  statistics: {},
  features: (images) => ({ layer1: tf.mul(images, tf.tensor1d([1, 100, 0])) }),
  dispose() {},
});

const batch = (images: number, seed: number) =>
  tf.randomNormal<tf.Rank.R4>([images, 4, 5, 3], seed, 1 + seed, 'float32', seed);

/** Shows each batch as a fit does: it is gone when the next one comes. */
const inTurn = (backbone: Backbone, make: () => tf.Tensor4D[]): AsyncIterable<Seen> => ({
  async *[Symbol.asyncIterator]() {
    for (const images of make()) {
      const features = tf.tidy(() => backbone.features(images, 'eval'));
      yield { images, features };
      tf.dispose([images, features]);
    }
  },
});
const gather = ({ backbone, stage }: ReturnType<typeof standardizedFeatures>, make: () => tf.Tensor4D[]) =>
  stage.gather(inTurn(backbone, make), {
    total: 6,
    seed: 1,
    budget: { take: () => true, giveBack: () => undefined },
  });

const batches = () => [batch(3, 1), batch(2, 5), batch(1, 9)];

describe('standardizedFeatures', () => {
  it('gives each channel mean 0 and deviation 1 over all positions of all batches', async () => {
    const standardized = standardizedFeatures(teacher());
    await gather(standardized, batches);
    const all = tf.concat(batches());
    const { layer1 } = standardized.backbone.features(all, 'eval');
    const { mean, variance } = tf.moments(layer1 as tf.Tensor4D, [0, 1, 2]);
    for (const value of await mean.data()) expect(value).toBeCloseTo(0, 5);
    const [first, second, constant] = await variance.data();
    expect(first).toBeCloseTo(1, 4);
    expect(second).toBeCloseTo(1, 4);
    expect(constant).toBe(0);
  });

  it("learns mu and sigma, under the layer's name; the teacher has no more statistics than before", async () => {
    const standardized = standardizedFeatures(teacher());
    const values = () =>
      Object.fromEntries(
        Object.entries(standardized.learnt.state()).map(([name, value]) => [name, [...value.dataSync()]]),
      );
    expect(values()).toEqual({ 'layer1.mean': [0, 0, 0], 'layer1.deviation': [1, 1, 1] });
    await gather(standardized, () => [tf.tensor4d([1, 1, 1, 3, 5, 1], [1, 1, 2, 3])]);
    expect(values()).toEqual({ 'layer1.mean': [2, 300, 0], 'layer1.deviation': [1, 200, 1] });
    expect(standardized.backbone.statistics).toEqual({});
  });

  it('gives features as they were until it has looked at images, and says that it changes them then', async () => {
    const plain = teacher();
    const { backbone, stage } = standardizedFeatures(plain);
    const given = batch(2, 3);
    expect(backbone.features(given, 'eval').layer1?.dataSync()).toEqual(
      plain.features(given, 'eval').layer1?.dataSync(),
    );
    expect(stage).toMatchObject({ name: 'standardization', changesBackbone: true });
    expect(stage.on).toBeUndefined();
  });

  it('goes on from what another has learnt', async () => {
    const [from, to] = [standardizedFeatures(teacher()), standardizedFeatures(teacher())];
    await gather(from, batches);
    to.learnt.restore(from.learnt.state());
    const given = batch(2, 3);
    const [expected, found] = [from, to].map(({ backbone }) =>
      backbone.features(given, 'eval').layer1?.dataSync(),
    );
    expect(found).toEqual(expected);
  });

  it('keeps no tensor but what it learns', async () => {
    const before = tf.memory().numTensors;
    const standardized = standardizedFeatures(teacher());
    await gather(standardized, batches);
    expect(tf.memory().numTensors).toBe(before + 2);
    standardized.learnt.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
