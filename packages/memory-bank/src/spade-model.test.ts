import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, largestError, values } from '../fixtures/read-fixture.js';
import { create, fitted } from './models.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

const options = { layers: ['layer1', 'layer2'], imageLayer: 'layer3' };

describe('spade', () => {
  it('gives the maps and scores that NumPy and SciPy compute', async () => {
    const model = await create('spade', { ...options, neighbours: 3, smoothing: 1.5 });
    model.restore({ images: fixture('spade.images') });
    const features = Object.fromEntries(
      ['layer1', 'layer2', 'layer3'].map((layer) => [layer, fixture<tf.Rank.R4>(`spade.${layer}`)]),
    );
    const { scores, maps } = model.detect({ images: tf.zeros([2, 24, 28, 3]), features });
    expect(largestError(maps as tf.Tensor, values('spade.maps'))).toBeLessThan(1e-5);
    expect(largestError(scores, values('spade.scores'))).toBeLessThan(1e-5);
    model.dispose();
  });

  it('keeps the images, and of too many for the memory a sample', async () => {
    const width = 3 + 3 * (8 * 10 + 4 * 5);
    const all = await fitted('spade', options);
    expect([all.model.state().images?.shape, all.notes]).toEqual([[12, width], []]);
    all.model.dispose();
    const some = await fitted('spade', options, { memory: 11 * width * 4 });
    expect(some.model.state().images?.shape).toEqual([11, width]);
    expect(some.notes).toEqual([
      'Of 12 images a random sample of 11 is kept: fit.cacheMemory has no room for more.',
    ]);
    some.model.dispose();
  });
});
