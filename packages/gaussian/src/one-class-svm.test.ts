import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { nominal, relativeError, unseen, valuesOf } from '../fixtures/read-fixture.js';
import { fitOneClassSvm, type OneClassSvmOptions, outsideBoundary } from './one-class-svm.js';

beforeAll(() => tf.setBackend('cpu'));

const outside = async (options: OneClassSvmOptions, vectors = unseen()) =>
  outsideBoundary(vectors, await fitOneClassSvm(nominal(), options), options).dataSync();

describe('a hyperplane', () => {
  it.each([
    ['rbf', 0.05],
    ['rbf', 0.4],
    ['linear', 0.05],
    ['linear', 0.4],
  ] as const)("gives scikit-learn's decision values with the kernel %s and nu %f", async (kernel, nu) => {
    const found = await outside({ boundary: 'hyperplane', kernel, nu, gamma: 'scale' });
    expect(relativeError(found, valuesOf('oneClassSvm', `${kernel} ${nu}`))).toBeLessThan(2e-5);
  });

  it.each([0.1, 0.3])('leaves at most the share %f of nominal images outside', async (nu) => {
    const found = await outside({ boundary: 'hyperplane', kernel: 'rbf', nu, gamma: 'scale' }, nominal());
    expect(found.filter((value) => value > 1e-5).length).toBeLessThanOrEqual(nu * 40);
  });
});

describe('a sphere', () => {
  it("has a general solver's radius and distances", async () => {
    const found = await outside({ boundary: 'sphere', kernel: 'linear', nu: 0.3, gamma: 'scale' });
    expect(relativeError(found, valuesOf('svdd', 'outside'))).toBeLessThan(1e-4);
    const model = await fitOneClassSvm(nominal(), {
      boundary: 'sphere',
      kernel: 'linear',
      nu: 0.3,
      gamma: 1,
    });
    const centre = tf.matMul(tf.expandDims(model.weights, 0) as tf.Tensor2D, model.supports);
    const squaredRadius = tf.sub(tf.sum(tf.square(centre)), model.offset).dataSync();
    expect(relativeError(squaredRadius, valuesOf('svdd', 'squared radius'))).toBeLessThan(1e-4);
  });

  it('of the kernel rbf is the hyperplane, with distances of twice the size', async () => {
    const options = { kernel: 'rbf', nu: 0.3, gamma: 'scale' } as const;
    const ofSphere = await outside({ ...options, boundary: 'sphere' });
    const ofPlane = await outside({ ...options, boundary: 'hyperplane' });
    expect(
      relativeError(
        ofSphere,
        [...ofPlane].map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-5);
  });

  it('around one image has no radius', async () => {
    const options = { boundary: 'sphere', kernel: 'linear', nu: 0.5, gamma: 'scale' } as const;
    const image = tf.tensor2d([[1, 2]]);
    const model = await fitOneClassSvm(image, options);
    expect([
      ...outsideBoundary(
        tf.tensor2d([
          [1, 2],
          [1, 4],
        ]),
        model,
        options,
      ).dataSync(),
    ]).toEqual([0, 4]);
  });
});
