import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, largestError, values } from '../fixtures/read-fixture.js';
import { create, fitted } from './models.test.fixture.js';
import { patchFeatures } from './patch-features.js';

beforeAll(() => tf.setBackend('cpu'));

const layers = ['layer2', 'layer3'];
const pyramid = () => ({
  layer2: fixture<tf.Rank.R4>('patchcore.layer2'),
  layer3: fixture<tf.Rank.R4>('patchcore.layer3'),
});
const errorOf = (found: tf.Tensor | null, name: string) =>
  found ? largestError(found, values(name)) : Number.NaN;

describe('memory-bank', () => {
  it('sees patches as PyTorch does', () =>
    expect(errorOf(patchFeatures(pyramid(), layers, 3), 'patchcore.patches')).toBeLessThan(1e-5));

  it('gives the maps and scores of eqs. 6 and 7, as NumPy and SciPy compute them', async () => {
    const model = await create('memory-bank', { layers, neighbours: 4, smoothing: 1.5 });
    model.restore({ bank: fixture('patchcore.bank') });
    const { scores, maps } = model.detect({ images: tf.zeros([2, 24, 28, 3]), features: pyramid() });
    expect(maps?.shape).toEqual([2, 24, 28]);
    expect(errorOf(maps, 'patchcore.maps')).toBeLessThan(1e-5);
    expect(errorOf(scores, 'patchcore.scores')).toBeLessThan(1e-5);
    model.dispose();
  });

  const sizeOfBank = ({ state }: { state(): Record<string, tf.Tensor> }) => state().bank?.shape[0];

  it('keeps the share of the patches that is asked for, at least one, at most what is asked for', async () => {
    const patches = 12 * 4 * 5;
    for (const [options, size] of [
      [{ share: 1 }, patches],
      [{ share: 0.1 }, patches / 10],
      [{ share: 0.001 }, 1],
      [{ share: 1, most: 7 }, 7],
    ] as const) {
      const { model, notes } = await fitted('memory-bank', { layers: ['layer2'], ...options });
      expect(sizeOfBank(model)).toBe(size);
      expect(notes).toEqual([]);
      model.dispose();
    }
  });
});
