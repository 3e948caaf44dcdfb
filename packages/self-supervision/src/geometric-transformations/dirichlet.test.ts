import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  digamma,
  dirichletConcentration,
  inverseDigamma,
  logSoftmaxRows,
  MOST_CONCENTRATED,
  trigamma,
} from './dirichlet.js';

interface Expected {
  readonly cases: Record<string, { readonly meanLog: number[]; readonly alpha: number[] }>;
  readonly points: number[];
  readonly digamma: number[];
  readonly trigamma: number[];
}
const expected: Expected = JSON.parse(
  readFileSync(new URL('../../fixtures/dirichlet.json', import.meta.url), 'utf8'),
);
const expectNear = (found: ArrayLike<number>, wanted: readonly number[], share: number) => {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    expect(Math.abs((found[at] as number) / value - 1), `${at}`).toBeLessThan(share);
};

describe('digamma and trigamma', () => {
  it('have the values that are known', () => {
    const euler = 0.5772156649015329;
    expectNear([digamma(1), digamma(0.5)], [-euler, -euler - 2 * Math.log(2)], 1e-13);
    expectNear([trigamma(1), trigamma(0.5)], [Math.PI ** 2 / 6, Math.PI ** 2 / 2], 1e-13);
  });

  it('are those of scipy', () => {
    expectNear(expected.points.map(digamma), expected.digamma, 1e-12);
    expectNear(expected.points.map(trigamma), expected.trigamma, 1e-12);
  });

  it('go back to where they came from', () => {
    const points = [1e-3, 0.05, 0.5, 1, 7, 1e4];
    expectNear(
      points.map((x) => inverseDigamma(digamma(x))),
      points,
      1e-12,
    );
  });
});

describe('dirichletConcentration', () => {
  it.each(Object.entries(expected.cases))('is what scipy finds: %s', (_, { meanLog, alpha }) => {
    expectNear(dirichletConcentration(meanLog), alpha, 1e-4);
  });

  // Of the distribution itself, mean log p_k is ψ(α_k) − ψ(Σα).
  it.each([
    { means: [-1, -1], alpha: [1, 1] },
    { means: [-1.5, -0.5], alpha: [1, 2] },
    { means: [-1.5, -1.5, -1.5], alpha: [1, 1, 1] },
  ])('is $alpha where the means are those of it', ({ means, alpha }) => {
    expectNear(dirichletConcentration(means), alpha, 1e-9);
  });

  it.each([[1e-4, 2e-4, 3e-4], [0.3, 90, 4], Array.from({ length: 72 }, (_, k) => (k === 9 ? 5e4 : 0.2))])(
    'finds again what small, large and unequal ones have as means: %#',
    (...alpha) => {
      const sum = digamma(alpha.reduce((all, value) => all + value, 0));
      expectNear(dirichletConcentration(alpha.map((value) => digamma(value) - sum)), alpha, 1e-6);
    },
  );

  it('grows no further than it may where all vectors are alike', () => {
    const found = dirichletConcentration([0.25, 0.75].map(Math.log));
    expectNear(found, [0.25 * MOST_CONCENTRATED, 0.75 * MOST_CONCENTRATED], 1e-5);
  });
});

describe('logSoftmaxRows', () => {
  it('says how far from certain an outcome is that is all but that', () => {
    const found = logSoftmaxRows([0, 40, 0, Math.log(2), 0, 0], 3);
    const certain = [-40, -2 * Math.exp(-40), -40];
    expectNear(found, [...certain, Math.log(0.5), Math.log(0.25), Math.log(0.25)], 1e-12);
  });
});
