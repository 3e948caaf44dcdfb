import { describe, expect, it } from 'vitest';
import { metricsFixture as fixture } from '../../fixtures/read-metrics.js';
import { auroc } from './auroc.js';
import { aurocDifference, aurocInterval } from './auroc-interval.js';

const { labels, better, worse } = fixture;
const Z = 1.96;

describe('aurocInterval', () => {
  it("is about as wide as DeLong's variance makes it, around the AUROC", () => {
    const { low, high } = aurocInterval(better, labels);
    expect(low).toBeLessThan(fixture.auroc);
    expect(high).toBeGreaterThan(fixture.auroc);
    const width = 2 * Z * fixture.aurocDeviation;
    expect(high - low).toBeGreaterThan(0.85 * width);
    expect(high - low).toBeLessThan(1.15 * width);
  });

  it('is the same for the same seed, and narrower for more images', () => {
    expect(aurocInterval(better, labels, 3)).toEqual(aurocInterval(better, labels, 3));
    const fourfold = (values: readonly number[]) => [...values, ...values, ...values, ...values];
    const [few, many] = [aurocInterval(better, labels), aurocInterval(fourfold(better), fourfold(labels))];
    expect((many.high - many.low) / (few.high - few.low)).toBeCloseTo(0.5, 1);
  });

  it('leaves room below 1 where few images are separated, as Newcombe does', () => {
    const separated = (n: number) =>
      aurocInterval(
        Array.from({ length: 2 * n }, (_, i) => i),
        Array.from({ length: 2 * n }, (_, i) => (i < n ? 0 : 1)),
      );
    const { low, high } = separated(10);
    expect(high).toBe(1);
    // 1 - θ = z √(θ (1 - θ) (1 + 9 (1 - θ) / (2 - θ) + 9 θ / (1 + θ)) / 100), solved by scipy.optimize.brentq.
    expect(low).toBeCloseTo(0.8002136128811059, 9);
    expect(separated(100).low).toBeGreaterThan(low);
    const turned = aurocInterval([3, 4, 1, 2], [0, 0, 1, 1]);
    expect(turned.low).toBe(0);
    expect(turned.high).toBeGreaterThan(0.3);
  });

  it('needs both kinds', () => {
    expect(() => aurocInterval([1, 2], [0, 0])).toThrow('no defective image');
  });
});

describe('aurocDifference', () => {
  it("is about as wide as DeLong's variance of the difference makes it", () => {
    const { difference, low, high, p } = aurocDifference(better, worse, labels);
    expect(difference).toBeCloseTo(fixture.difference, 12);
    const width = 2 * Z * fixture.differenceDeviation;
    expect(high - low).toBeGreaterThan(0.85 * width);
    expect(high - low).toBeLessThan(1.15 * width);
    // DeLong's z is 2.37, of which the two-sided p is 0.018.
    expect(p).toBeGreaterThan(0.005);
    expect(p).toBeLessThan(0.04);
  });

  it('finds no difference of a model to itself, on whatever scale its scores are', () => {
    const scaled = better.map((score) => 10 * score + 3);
    expect(aurocDifference(better, scaled, labels)).toEqual({ difference: 0, low: 0, high: 0, p: 1 });
  });

  it('changes its sign with the order', () => {
    const { difference, low, high } = aurocDifference(worse, better, labels);
    const turned = aurocDifference(better, worse, labels);
    expect(difference).toBe(auroc(worse, labels) - auroc(better, labels));
    expect(low).toBeCloseTo(-turned.high, 12);
    expect(high).toBeCloseTo(-turned.low, 12);
  });
});
