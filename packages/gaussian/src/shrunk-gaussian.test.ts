import '@tensorflow/tfjs-backend-cpu';
import { gaussianDistances, ledoitWolf, shrunkGaussian, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { few, nominal, relativeError, unseen, valuesOf } from '../fixtures/read-fixture.js';

beforeAll(() => tf.setBackend('cpu'));

const fitted = (vectors: tf.Tensor2D) => {
  const centred = tf.sub(vectors, tf.mean(vectors, 0));
  const [count, size] = vectors.shape;
  return ledoitWolf(centred.dataSync(), tf.matMul(centred, centred, true).dataSync(), count, size);
};

describe('ledoitWolf', () => {
  it.each([
    ['many', nominal, 'shrinkage', 'covariance'],
    ['fewer images than dimensions', few, 'few shrinkage', 'few covariance'],
  ] as const)("is scikit-learn's of %s", (_, vectors, shrinkageName, covarianceName) => {
    const { shrinkage, covariance } = fitted(vectors());
    expect(relativeError([shrinkage], valuesOf('ledoitWolf', shrinkageName))).toBeLessThan(1e-5);
    expect(relativeError(covariance, valuesOf('ledoitWolf', covarianceName))).toBeLessThan(1e-5);
  });

  it('of one image is nothing, and shrinks all the way', () => {
    expect(ledoitWolf([0, 0], [0, 0, 0, 0], 1, 2)).toEqual({ covariance: new Float64Array(4), shrinkage: 1 });
  });
});

describe('shrunkGaussian', () => {
  it("gives scikit-learn's Mahalanobis distances", async () => {
    const found = gaussianDistances(unseen(), await shrunkGaussian(nominal())).dataSync();
    expect(relativeError(found, valuesOf('ledoitWolf', 'distances'))).toBeLessThan(1e-5);
  });

  it('refuses images that are all the same, and leaves nothing behind', async () => {
    const before = tf.memory().numTensors;
    const same = tf.ones<tf.Rank.R2>([3, 2]);
    await expect(shrunkGaussian(same)).rejects.toThrow('All 3 images give the same features');
    same.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
