import '@tensorflow/tfjs-backend-cpu';
import { type DetectedImage, detectorOf, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitted, image, size } from './models.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

const layers = ['layer1', 'layer2'];

describe.each([
  ['memory-bank', { layers, pooling: 1 }],
  ['memory-bank', { layers, pooling: 1, share: 1, neighbours: 1, smoothing: 0 }],
  ['clusters', { layers, pooling: 1, normalize: 'none', clusters: 60, smoothing: 1 }],
  ['spade', { layers, imageLayer: 'layer2', neighbours: 4, smoothing: 1 }],
])('%s with %j', (name, options) => {
  it('scores a defect above images like those it was fitted to, and says where it is', async () => {
    const { model } = await fitted(name, options);
    const [defect, ...nominal] = (await detectorOf(model).detect([
      image(50, true),
      ...[51, 52, 53].map((n) => image(n)),
    ])) as [DetectedImage, ...DetectedImage[]];
    for (const { score } of nominal) expect(defect.score).toBeGreaterThan(score);
    const map = defect.map as Float32Array;
    const at = map.indexOf(Math.max(...map));
    const [y, x] = [Math.floor(at / size.width), at % size.width];
    expect([y >= 8 && y < 16, x >= 24 && x < 32]).toEqual([true, true]);
    model.dispose();
  });

  it('says what it costs', async () => {
    const { model } = await fitted(name, options, { count: 2 });
    const numbers = Object.values(model.state()).reduce((sum, { size }) => sum + size, 0);
    expect(model.cost?.().parameters).toBe(numbers);
    expect(model.cost?.().multiplyAdds).toBeGreaterThan(numbers);
    model.dispose();
  });
});
