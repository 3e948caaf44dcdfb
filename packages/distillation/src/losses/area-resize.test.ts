import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { areaResize } from './area-resize.js';
import { waves } from './feature-pyramids.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

describe('areaResize', () => {
  it('is average pooling where sizes divide each other', () => {
    const features = waves([2, 6, 8, 3], 0);
    const pooled = tf.avgPool(features, [3, 2], [3, 2], 'valid').dataSync();
    areaResize(features, [2, 4])
      .dataSync()
      .forEach((value, index) => {
        expect(value).toBeCloseTo(pooled[index] as number, 6);
      });
  });

  it('counts positions by the part of them that lies in the area, where sizes do not', () => {
    const resized = areaResize(tf.tensor4d([1, 2, 6], [1, 1, 3, 1]), [1, 2]).dataSync();
    expect(resized[0]).toBeCloseTo((1 + 2 / 2) / 1.5, 6);
    expect(resized[1]).toBeCloseTo((2 / 2 + 6) / 1.5, 6);
  });

  it('keeps the mean, and leaves maps of the right size as they are', () => {
    const features = waves([1, 7, 5, 2], 1);
    const means = (maps: tf.Tensor) => tf.mean(maps, [1, 2]).dataSync();
    const [before, after] = [means(features), means(areaResize(features, [4, 3]))];
    after.forEach((mean, channel) => {
      expect(mean).toBeCloseTo(before[channel] as number, 6);
    });
    expect(areaResize(features, [7, 5]).dataSync()).toEqual(features.dataSync());
  });
});
