import { describe, expect, it } from 'vitest';
import type { PartContext } from '../contracts/part.js';
import type { ScoredImages, Thresholder } from '../contracts/threshold.js';
import { falseAlarmBound } from '../metrics/false-alarm-bound.js';
import { nominalQuantile } from './nominal-quantile.js';

const thresholder = (quantile: number) =>
  nominalQuantile.create({ quantile }, { seed: 0 } satisfies PartContext) as Omit<
    Thresholder,
    'threshold'
  > & {
    threshold(images: ScoredImages): number;
  };
/** Scores are float32. */
const float32 = (...scores: number[]) => Float32Array.from(scores);
const scores = float32(0.3, 0.1, 0.4, 0.15, 0.9);
/** The scores that are called nominal, ascending. */
const passing = (quantile: number, given: ArrayLike<number> = scores) => {
  const threshold = thresholder(quantile).threshold({ scores: given });
  return Array.from(given)
    .filter((score) => score < threshold)
    .sort((a, b) => a - b);
};
const upTo = (count: number) => Float32Array.from({ length: count }, (_, i) => i + 1);

describe('nominal-quantile', () => {
  it('lets the ⌈(n + 1) q⌉ lowest scores pass, by the least there is', () => {
    // ⌈6 · 0.5⌉ = 3, ⌈6 · 0.3⌉ = 2, ⌈6 · 0.1⌉ = 1.
    expect(passing(0.5)).toEqual([...float32(0.1, 0.15, 0.3)]);
    expect(passing(0.3)).toEqual([...float32(0.1, 0.15)]);
    expect(passing(0.1)).toEqual([...float32(0.1)]);
    expect(thresholder(0.5).threshold({ scores: [1, 2, 3] })).toBe(2 + 2 ** -22);
  });

  it('lets all pass where there are too few for the quantile, and at 1', () => {
    expect(passing(0.9)).toHaveLength(5);
    expect(passing(0.99)).toHaveLength(5);
    expect(passing(1)).toHaveLength(5);
    expect(passing(0.5, [7])).toEqual([7]);
  });

  it('lets scores that tie at the threshold pass together', () => {
    expect(passing(0.5, [1, 2, 2, 2, 3])).toEqual([1, 2, 2, 2]);
    expect(passing(0.99, [0, 0, 0])).toEqual([0, 0, 0]);
    expect(passing(0.5, [-2, -1, -1])).toEqual([-2, -1, -1]);
  });

  it.each([
    [0.9, 9],
    [0.95, 19],
    [0.99, 99],
    [0.999, 999],
    [0.9999, 9999],
    [0.5, 1],
    [0.8, 4],
    // 2/3 is no decimal: 2 of 3.
    [2 / 3, 2],
    [0.07, 1],
    [0.85, 6],
  ])('keeps %d from %d images on, and not before', (quantile, sufficient) => {
    expect(thresholder(quantile).sufficient).toBe(sufficient);
    const boundOf = (count: number) =>
      falseAlarmBound(upTo(count), thresholder(quantile).threshold({ scores: upTo(count) })) as number;
    expect(boundOf(sufficient)).toBeLessThanOrEqual(1 - quantile + 1e-12);
    if (sufficient > 1) expect(boundOf(sufficient - 1)).toBeGreaterThan(1 - quantile + 1e-12);
  });

  it('takes products that are whole numbers but for rounding as whole: 100 · 0.07 is 7, not 7.000000000000001', () => {
    for (const [count, quantile, rank] of [
      [99, 0.07, 7],
      [99, 0.14, 14],
      [99, 0.29, 29],
      [99, 0.57, 57],
      [99, 0.99, 99],
      [199, 0.99, 198],
      [9, 0.9, 9],
      [999, 0.999, 999],
      [9999, 0.0007, 7],
      [99, 0.5701, 58],
    ] as const)
      expect(passing(quantile, upTo(count))).toHaveLength(rank);
  });

  it('promises nothing by a number of images at 1', () => {
    expect(thresholder(1).sufficient).toBeUndefined();
  });

  it('leaves defective images out', () => {
    const threshold = thresholder(1).threshold({ scores, labels: [0, 0, 0, 0, 1] });
    expect(threshold).toBeGreaterThan(Math.fround(0.4));
    expect(threshold).toBeCloseTo(0.4, 6);
  });

  it('leaves the scores in their order', () => {
    const given = Float64Array.from(scores);
    thresholder(0.99).threshold({ scores: given });
    expect([...given]).toEqual([...scores]);
  });

  it('says what it needs', () => {
    expect(thresholder(1).needs).toBe('nominal');
    expect(() => thresholder(1).threshold({ scores: [] })).toThrow(
      "'nominal-quantile' needs scores of nominal",
    );
    expect(() => thresholder(1).threshold({ scores: [1], labels: [1] })).toThrow('hold some out of training');
    expect(() => thresholder(1).threshold({ scores: [1, Number.NaN] })).toThrow('Score 1 is NaN');
  });

  it('keeps its promise: of exchangeable scores the next one reaches the threshold no more often', () => {
    // Every one of n + 1 scores is the next one once; where they differ, the counts are the probabilities themselves.
    for (const [count, quantile] of [
      [9, 0.9],
      [24, 0.8],
      [12, 0.99],
    ] as const) {
      const all = [...upTo(count + 1)];
      const alarms = all.filter((next) => {
        const held = all.filter((score) => score !== next);
        return next >= thresholder(quantile).threshold({ scores: held });
      });
      const bound = falseAlarmBound(upTo(count), thresholder(quantile).threshold({ scores: upTo(count) }));
      expect(alarms.length / (count + 1)).toBe(bound);
    }
  });
});

describe('falseAlarmBound', () => {
  it('counts the held-out scores that reach the threshold, and the next image', () => {
    expect(falseAlarmBound([1, 2, 3, 4], 3)).toBe(3 / 5);
    expect(falseAlarmBound([1, 2, 3, 4], 4.5)).toBe(1 / 5);
    expect(falseAlarmBound([1, 2, 3, 4], 0)).toBe(1);
  });

  it('says nothing without held-out scores', () => {
    expect(falseAlarmBound([], 1)).toBeNull();
  });
});
