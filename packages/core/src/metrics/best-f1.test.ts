import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bestF1, bestPixelF1 } from './best-f1.js';
import { confusion } from './confusion.js';
import { pixelsInMemory } from './pixels/pixels.js';

describe('bestF1', () => {
  it('is the best of all observed scores as thresholds', () => {
    for (const levels of [2, 5, 11, 97]) {
      const scores = Array.from({ length: 60 }, (_, i) => ((i * 7919) % levels) / levels - 0.3);
      const labels = scores.map((score, i) => Number((i * 31) % 10 < 3 + 5 * score));
      const candidates = scores.map((threshold) => confusion(scores, labels, threshold).f1);
      const { f1, threshold } = bestF1(scores, labels);
      expect(f1).toBe(Math.max(...candidates));
      expect(confusion(scores, labels, threshold).f1).toBe(f1);
      expect(scores).toContain(threshold);
    }
  });

  it('takes the lowest of thresholds that are equally good', () => {
    // At 3: TP 1, FP 0, FN 1. At 1: TP 2, FP 2, FN 0. Both have an F1 of 2/3.
    expect(bestF1([3, 2, 2, 1], [1, 0, 0, 1])).toEqual({ f1: 2 / 3, threshold: 1 });
  });

  it('separates perfectly at the lowest defective score', () => {
    expect(bestF1([1, 2, 3, 4], [0, 0, 1, 1])).toEqual({ f1: 1, threshold: 3 });
  });

  it('is as good on float32 and scaled scores', () => {
    const scores = Float32Array.of(0.1, 0.7, 0.3, 0.9);
    const { threshold, f1 } = bestF1(scores, [0, 1, 1, 0]);
    expect(threshold).toBe(Math.fround(0.3));
    expect(
      bestF1(
        scores.map((score) => Math.exp(score)),
        [0, 1, 1, 0],
      ).f1,
    ).toBe(f1);
  });

  it('says what is wrong with its input', () => {
    expect(() => bestF1([], [])).toThrow('There are no samples');
    expect(() => bestF1([1, 2], [0, 0])).toThrow('There is no defective sample');
    expect(() => bestF1([1, 2], [1, 1])).toThrow('There is no nominal sample');
    expect(() => bestF1([1, Number.NaN], [0, 1])).toThrow('Score 1 is NaN');
  });
});

const parity = new URL('../../../../../shared/parity/metrics.json', import.meta.url);

describe.skipIf(!existsSync(parity))('what PyTorch computes (skipped where ../shared is missing)', () => {
  it('is the same F1 at the same threshold', () => {
    const { scores, labels, best_f1, threshold } = JSON.parse(readFileSync(parity, 'utf8'));
    expect(bestF1(scores, labels)).toEqual({ f1: best_f1, threshold });
  });
});

describe('bestPixelF1', () => {
  it('is the best F1 of all pixels of all images', async () => {
    const maps = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
    const masks = [Uint8Array.of(0, 0), Uint8Array.of(255, 255)];
    const pixels = pixelsInMemory(maps, masks, { height: 1, width: 2 });
    expect(await bestPixelF1(pixels)).toEqual({ f1: 1, threshold: 3 });
  });
});
