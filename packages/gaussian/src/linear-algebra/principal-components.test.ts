import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { few, nominal, relativeError, unseen, unseenOfFew, valuesOf } from '../../fixtures/read-fixture.js';
import { negativeLogLikelihood, squaredErrors } from '../dfm-model.js';
import { principalComponents } from './principal-components.js';

beforeAll(() => tf.setBackend('cpu'));

const summed = (errors: tf.Tensor2D) => tf.sum(errors, 1).dataSync();

describe('principalComponents', () => {
  it("keeps scikit-learn's share, and its reconstruction errors and likelihoods follow", async () => {
    const found = await principalComponents(nominal(), { share: 0.9 });
    expect(found.components.shape).toEqual([6, valuesOf('pca', 'count')[0]]);
    expect(relativeError(found.variances.dataSync(), valuesOf('pca', 'variances'))).toBeLessThan(1e-5);
    expect(relativeError(summed(squaredErrors(unseen(), found)), valuesOf('pca', 'errors'))).toBeLessThan(
      1e-5,
    );
    const likelihoods = negativeLogLikelihood(unseen(), found).dataSync();
    expect(relativeError(likelihoods, valuesOf('pca', 'likelihoods'))).toBeLessThan(1e-5);
  });

  it('of fewer images than dimensions come from the products of images', async () => {
    const found = await principalComponents(few(), { count: 3 });
    expect(relativeError(found.variances.dataSync(), valuesOf('pca', 'few variances'))).toBeLessThan(1e-5);
    const errors = summed(squaredErrors(unseenOfFew(), found));
    expect(relativeError(errors, valuesOf('pca', 'few errors'))).toBeLessThan(1e-5);
    const products = tf.matMul(found.components, found.components, true).dataSync();
    expect(relativeError(products, [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-5);
  });

  it('are no more than there are: N − 1 of N images, which they then give back', async () => {
    const vectors = few();
    const found = await principalComponents(vectors, { share: 1 });
    expect(found.components.shape).toEqual([12, 6]);
    expect(Math.max(...summed(squaredErrors(vectors, found)))).toBeLessThan(1e-6);
  });

  it.each([1, 4])('refuses %i images that do not differ, and leaves nothing behind', async (count) => {
    const before = tf.memory().numTensors;
    const same = tf.ones<tf.Rank.R2>([count, 3]);
    await expect(principalComponents(same, { count: 2 })).rejects.toThrow('give the same features');
    same.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
