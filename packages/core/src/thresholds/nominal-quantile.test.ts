import { expect, it } from 'vitest';
import type { PartContext } from '../part.js';
import type { Thresholder } from '../thresholder.js';
import { nominalQuantile } from './nominal-quantile.js';

const thresholder = (quantile: number) =>
  nominalQuantile.create({ quantile }, { seed: 0, layers: [] } satisfies PartContext) as Thresholder;
const scores = [0.3, 0.1, 0.4, 0.15, 0.9];

it("is numpy's quantile", () => {
  // numpy 2.4: numpy.quantile([0.3, 0.1, 0.4, 0.15, 0.9], q)
  expect(thresholder(0.9).threshold({ scores })).toBeCloseTo(0.7, 14);
  expect(thresholder(0.99).threshold({ scores })).toBeCloseTo(0.88, 14);
  expect(thresholder(0.5).threshold({ scores })).toBe(0.3);
  expect(thresholder(1).threshold({ scores })).toBe(0.9);
});

it('leaves defective images out', () => {
  expect(thresholder(1).threshold({ scores, labels: [0, 0, 0, 0, 1] })).toBe(0.4);
});

it('takes one image, and leaves the scores in their order', () => {
  const given = Float64Array.from(scores);
  thresholder(0.99).threshold({ scores: given });
  expect([...given]).toEqual(scores);
  expect(thresholder(0.5).threshold({ scores: [7] })).toBe(7);
});

it('says what it needs', () => {
  expect(thresholder(1).needs).toBe('nominal');
  expect(() => thresholder(1).threshold({ scores: [] })).toThrow(
    "'nominal-quantile' needs scores of nominal",
  );
  expect(() => thresholder(1).threshold({ scores: [1], labels: [1] })).toThrow('hold some out of training');
  expect(() => thresholder(1).threshold({ scores: [1, Number.NaN] })).toThrow('Score 1 is NaN');
});
