import { type Backbone, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withAdapter } from './adapter.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

/** Gives the first two channels of an image, and the teacher's pyramid where it is asked for. */
const twoChannels = (): Backbone => ({
  layers: ['layer1', 'layer2'],
  channels: { layer1: 2, layer2: 2 },
  parameters: { own: tf.tidy(() => tf.variable(tf.ones([1]))) },
  statistics: {},
  features: (images, _mode, teacher) =>
    tf.tidy(() => {
      const layer1 = tf.relu(tf.slice(images, [0, 0, 0, 0], [-1, -1, -1, 2])) as tf.Tensor4D;
      return { layer1, layer2: teacher?.layer2 ?? layer1 };
    }),
  dispose() {},
});

const images = () => tf.randomNormal<tf.Rank.R4>([2, 3, 3, 3], 0, 1, 'float32', 1);

describe('withAdapter', () => {
  const channels = { layer1: 5, layer2: 3 };

  it("gives the teacher's channels: at each position the student's vector times a matrix, plus a bias", async () => {
    const adapted = withAdapter(twoChannels(), channels, 0);
    expect(adapted.channels).toEqual(channels);
    adapted.parameters['adapter.layer2.bias']?.assign(tf.tensor1d([1, 2, 3]));
    const [own, found] = [twoChannels().features(images(), 'eval'), adapted.features(images(), 'eval')];
    expect(found.layer1?.shape).toEqual([2, 3, 3, 5]);
    const matrix = tf.reshape(adapted.parameters['adapter.layer2.weight'] as tf.Tensor, [2, 3]);
    const expected = tf.add(tf.matMul(tf.reshape(own.layer2 as tf.Tensor, [18, 2]), matrix), [1, 2, 3]);
    const difference = tf.sub(tf.reshape(found.layer2 as tf.Tensor, [18, 3]), expected);
    expect((await tf.max(tf.abs(difference)).data())[0]).toBeLessThan(1e-6);
  });

  it("is trained with the student's own parameters", () => {
    expect(Object.keys(withAdapter(twoChannels(), channels, 0).parameters)).toEqual([
      'own',
      'adapter.layer1.weight',
      'adapter.layer1.bias',
      'adapter.layer2.weight',
      'adapter.layer2.bias',
    ]);
  });

  it('starts from its seed, otherwise for each layer and for each of following seeds', async () => {
    const start = (seed: number, layer: string) =>
      withAdapter(twoChannels(), { layer1: 4, layer2: 4 }, seed).parameters[
        `adapter.${layer}.weight`
      ]?.data();
    const first = await start(1, 'layer1');
    expect(await start(1, 'layer1')).toEqual(first);
    expect(await start(2, 'layer1')).not.toEqual(first);
    expect(await start(1, 'layer2')).not.toEqual(first);
  });

  it("passes the teacher's pyramid on", () => {
    const adapted = withAdapter(twoChannels(), channels, 0);
    const teacher = { layer2: tf.ones<tf.Rank.R4>([2, 1, 1, 2]) };
    expect(adapted.features(images(), 'eval', teacher).layer2?.shape).toEqual([2, 1, 1, 3]);
  });

  it("costs what the student costs and its convolutions, by the size of the student's maps", () => {
    const costly = (multiplyAdds: number | null): Backbone => ({
      ...twoChannels(),
      cost: () => ({ parameters: 10, multiplyAdds }),
    });
    const size = { height: 5, width: 7 };
    const parameters = 10 + (2 * 5 + 5) + (2 * 3 + 3);
    expect(withAdapter(costly(100), channels, 0).cost?.(size)).toEqual({
      parameters,
      multiplyAdds: 100 + 5 * 7 * (2 * 5 + 2 * 3),
    });
    expect(withAdapter(costly(null), channels, 0).cost?.(size)).toEqual({ parameters, multiplyAdds: null });
  });

  it('does not say what it costs where the student does not', () => {
    expect(withAdapter(twoChannels(), channels, 0).cost).toBeUndefined();
  });

  it('disposes what it made', () => {
    const before = tf.memory().numTensors;
    const student = twoChannels();
    withAdapter(student, channels, 0).dispose();
    student.parameters.own?.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
