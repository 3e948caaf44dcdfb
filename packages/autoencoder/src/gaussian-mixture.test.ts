import { readFileSync } from 'node:fs';
import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { diagonalPenalty, eliminated, energies, mixtureOf } from './gaussian-mixture.js';

beforeAll(() => tf.setBackend('cpu'));

interface Given {
  readonly vectors: number[][];
  readonly weights: number[];
  readonly means: number[][];
  readonly covariances: number[][][];
  readonly logDeterminants: number[];
  readonly distances: number[];
  readonly energies: number[];
}
interface Estimated {
  readonly vectors: number[][];
  readonly memberships: number[][];
  readonly weights: number[];
  readonly means: number[];
  readonly covariances: number[];
  readonly penalty: number;
  readonly energies: number[];
}
const expected: { given: Given[]; estimated: Estimated } = JSON.parse(
  readFileSync(new URL('../fixtures/dagmm.json', import.meta.url), 'utf8'),
);

const expectNear = (found: tf.Tensor, wanted: readonly number[], digits = 4) => {
  const values = [...found.dataSync()];
  expect(values).toHaveLength(wanted.length);
  for (const [index, value] of values.entries()) {
    const near = wanted[index] as number;
    expect(value / Math.max(1, Math.abs(near))).toBeCloseTo(near / Math.max(1, Math.abs(near)), digits);
  }
};
const mixture = ({ weights, means, covariances }: Pick<Given, 'weights' | 'means' | 'covariances'>) => ({
  weights: tf.tensor1d(weights),
  means: tf.tensor2d(means),
  covariances: tf.tensor3d(covariances),
});

describe.each(expected.given)('a mixture that is given', (given) => {
  it(`of ${given.means[0]?.length} numbers has scikit-learn's energies`, () => {
    expectNear(energies(tf.tensor2d(given.vectors), mixture(given)), given.energies);
  });

  it(`of ${given.means[0]?.length} numbers is eliminated to numpy's determinants and distances`, () => {
    const { means, covariances } = mixture(given);
    const centred = tf.sub<tf.Tensor3D>(
      tf.expandDims(tf.tensor2d(given.vectors), 0),
      tf.expandDims(means, 1),
    );
    const { distances, logDeterminants } = eliminated(centred, covariances);
    expectNear(logDeterminants, given.logDeterminants);
    expectNear(distances, given.distances);
  });
});

describe('the mixture of vectors', () => {
  const { vectors, memberships, ...wanted } = expected.estimated;
  const found = () => mixtureOf(tf.tensor2d(vectors), tf.tensor2d(memberships));

  it("is PyTorch's", () => {
    const { weights, means, covariances } = found();
    expectNear(weights, wanted.weights, 6);
    expectNear(means, wanted.means, 6);
    expectNear(covariances, wanted.covariances, 6);
    expect((diagonalPenalty(covariances).dataSync()[0] as number) / wanted.penalty).toBeCloseTo(1, 3);
    expectNear(energies(tf.tensor2d(vectors), found()), wanted.energies, 3);
  });

  it('has a covariance also where vectors are the same, and where a Gaussian has none', () => {
    const same = tf.ones<tf.Rank.R2>([3, 2]);
    const { covariances, weights } = mixtureOf(same, tf.tensor2d([1, 0, 1, 0, 1, 0], [3, 2]));
    const least = Math.fround(1e-6);
    expect([...covariances.dataSync()]).toEqual([least, 0, 0, least, least, 0, 0, least]);
    const alike = energies(same, { covariances, weights, means: tf.ones([2, 2]) });
    // log 2π + ½ log 1e-12, but for the empty Gaussian.
    expectNear(
      alike,
      [1, 1, 1].map(() => Math.log(2 * Math.PI) - 0.5 * 12 * Math.log(10)),
    );
  });
});

it('has energies of vectors that no Gaussian is near', () => {
  const far = energies(tf.tensor2d([[1e4], [0]]), {
    weights: tf.tensor1d([0.5, 0.5]),
    means: tf.tensor2d([[0], [1]]),
    covariances: tf.ones([2, 1, 1]),
  });
  const [first, second] = far.dataSync() as unknown as [number, number];
  expect(first / (0.5 * 9999 ** 2)).toBeCloseTo(1, 4);
  expect(second).toBeCloseTo(0.5 * Math.log(2 * Math.PI) - Math.log((1 + Math.exp(-0.5)) / 2), 5);
});
