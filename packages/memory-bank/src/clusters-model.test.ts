import '@tensorflow/tfjs-backend-cpu';
import { ConfigurationError, detectorOf, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, largestError, values } from '../fixtures/read-fixture.js';
import { create, fitted, image } from './models.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

const layers = ['layer2'];

describe('clusters', () => {
  it('gives the mean distance to the nearest entries, as NumPy computes it', async () => {
    const model = await create('clusters', { layers, pooling: 1, neighbours: 3, smoothing: 0 });
    model.restore({ dictionary: fixture('dictionary.entries') });
    const features = { layer2: fixture<tf.Rank.R4>('dictionary.features') };
    const { scores, maps } = model.detect({ images: tf.zeros([2, 24, 28, 3]), features });
    const expected = values('dictionary.maps');
    expect(largestError(maps as tf.Tensor, expected)).toBeLessThan(1e-5);
    const largest = [0, 1].map((n) => Math.max(...expected.slice(n * 24 * 28, (n + 1) * 24 * 28)));
    expect(largestError(scores, largest)).toBeLessThan(1e-5);
    model.dispose();
  });

  it('keeps patches that there are, as many as clusters', async () => {
    const { model } = await fitted('clusters', { layers, clusters: 7, normalize: 'l2', pooling: 1 });
    const dictionary = model.state().dictionary as tf.Tensor2D;
    expect(dictionary.shape).toEqual([7, 3]);
    const norms = tf.norm(dictionary, 2, 1);
    expect(largestError(norms, Array(7).fill(1))).toBeLessThan(1e-5);
    model.dispose();
  });

  it('looks at patches one by one where it is told to', async () => {
    const patches = { size: 12, stride: 6 };
    const { model } = await fitted('clusters', {
      layers,
      clusters: 10,
      patches,
      pooling: 1,
      normalize: 'none',
    });
    const [nominal, defect] = await detectorOf(model).detect([image(50), image(50, true)]);
    expect(defect?.score).toBeGreaterThan(nominal?.score as number);
    model.dispose();
  });

  it('refuses patches that leave something out, and those larger than the images', async () => {
    const creating = (patches: object) => create('clusters', { layers, patches });
    await expect(creating({ size: 8, stride: 9 })).rejects.toThrow(ConfigurationError);
    await expect(creating({ size: 8, stride: 9 })).rejects.toThrow('a stride of at most 8');
    await expect(creating({ size: 33, stride: 8 })).rejects.toThrow('images are 32x40');
  });
});
