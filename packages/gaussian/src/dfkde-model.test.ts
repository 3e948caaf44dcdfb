import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { nominal, relativeError, unseen, valuesOf } from '../fixtures/read-fixture.js';
import { kernelDensity, negativeLogDensity } from './dfkde-model.js';

beforeAll(() => tf.setBackend('cpu'));

describe('negativeLogDensity', () => {
  it("is SciPy's of the principal components, with Scott's bandwidth, but for the constant", async () => {
    const density = await kernelDensity(nominal(), 3);
    const found = negativeLogDensity(unseen(), density).dataSync();
    expect(relativeError(found, valuesOf('kde', 'negative log density'))).toBeLessThan(1e-5);
  });

  it('is finite, and larger the farther, where the density itself is 0 in single precision', async () => {
    const density = await kernelDensity(nominal(), 3);
    const [near, far] = negativeLogDensity(
      tf.tidy(() =>
        tf.concat([tf.mul(unseen(), 20), tf.mul(unseen(), 40)].map((x) => tf.slice(x, 0, 1) as tf.Tensor2D)),
      ),
      density,
    ).dataSync() as unknown as [number, number];
    expect(near).toBeGreaterThan(110);
    expect(far).toBeGreaterThan(near);
    expect(far).toBeLessThan(Number.POSITIVE_INFINITY);
  });
});
