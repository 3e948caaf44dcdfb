import { expect, it } from 'vitest';
import type { PartContext } from '../contracts/part.js';
import type { ScoredImages, Thresholder } from '../contracts/threshold.js';
import { confusion } from '../metrics/confusion.js';
import { maxFalseNegativeRate } from './max-false-negative-rate.js';

const thresholder = (rate: number) =>
  maxFalseNegativeRate.create({ rate }, { seed: 0 } satisfies PartContext) as Omit<
    Thresholder,
    'threshold'
  > & {
    threshold(images: ScoredImages): number;
  };

const scores = Array.from({ length: 150 }, (_, i) => ((i * 7919) % 83) / 83);
const labels = scores.map((_, i) => Number(i % 3 !== 0));

it('is the highest threshold that keeps to the rate', () => {
  const rateAt = (threshold: number) => {
    const { falseNegatives, truePositives } = confusion(scores, labels, threshold);
    return falseNegatives / (falseNegatives + truePositives);
  };
  for (const rate of [0, 0.05, 0.07, 0.1, 0.29, 0.5, 0.99]) {
    const threshold = thresholder(rate).threshold({ scores, labels });
    expect(rateAt(threshold)).toBeLessThanOrEqual(rate);
    const higher = scores.filter((score) => score > threshold);
    for (const score of higher) expect(rateAt(score)).toBeGreaterThan(rate);
  }
});

it('counts exactly where the product of rate and number is rounded down', () => {
  // 0.29 * 100 is 28.999999999999996
  const scores = Array.from({ length: 100 }, (_, i) => i);
  expect(thresholder(0.29).threshold({ scores, labels: scores.map(() => 1) })).toBe(29);
});

it('misses none by default, and needs no nominal image', () => {
  expect(maxFalseNegativeRate.options?.rate).toMatchObject({ default: 0 });
  expect(thresholder(0).threshold({ scores: [3, 1, 2], labels: [1, 0, 1] })).toBe(2);
  expect(thresholder(0).threshold({ scores: [3, 2], labels: [1, 1] })).toBe(2);
});

it('says what it needs', () => {
  expect(thresholder(0).needs).toBe('labels');
  expect(() => thresholder(0).threshold({ scores: [1, 2] })).toThrow('needs labelled defective images');
  expect(() => thresholder(0).threshold({ scores: [1, 2], labels: [0, 0] })).toThrow(
    'needs labelled defective images',
  );
  expect(() => thresholder(0).threshold({ scores: [Number.NaN], labels: [1] })).toThrow('Score 0 is NaN');
});
