import { describe, expect, it } from 'vitest';
import type { Detector } from './detector.js';
import { predictImage } from './predict.js';
import type { ModelManifest } from './saved-model.js';

const pixels = { width: 2, height: 1, data: new Uint8Array(6) };
const manifestWith = (
  deployed: number | null,
  scoreRange: ModelManifest['scoreRange'] = { min: 0, max: 4 },
) => ({ thresholds: { deployed, benchmark: null }, scoreRange }) as ModelManifest;
const detector = (score: number, map: Float32Array | null = Float32Array.from([1, score])): Detector => ({
  detect: async (images) => images.map(() => ({ score, map })),
});

describe('predictImage', () => {
  it('gives score, map, and by the threshold a verdict and the normalised score', async () => {
    const prediction = await predictImage(detector(3), manifestWith(2), pixels);
    expect(prediction).toEqual({
      score: 3,
      normalizedScore: 0.75,
      verdict: 'defective',
      threshold: 2,
      map: Float32Array.from([1, 3]),
    });
    expect((await predictImage(detector(2), manifestWith(2), pixels)).verdict).toBe('defective');
    expect(await predictImage(detector(1), manifestWith(2), pixels)).toMatchObject({
      verdict: 'nominal',
      normalizedScore: 0.25,
    });
  });

  it("takes another threshold than the model's where one is given", async () => {
    const prediction = await predictImage(detector(3), manifestWith(2), pixels, 3.5);
    expect([prediction.verdict, prediction.threshold]).toEqual(['nominal', 3.5]);
  });

  it('has neither verdict nor normalised score without a threshold, and no normalised score without a range', async () => {
    expect(await predictImage(detector(3), manifestWith(null), pixels)).toMatchObject({
      score: 3,
      normalizedScore: null,
      verdict: null,
      threshold: null,
    });
    expect(await predictImage(detector(3), manifestWith(2, null), pixels)).toMatchObject({
      verdict: 'defective',
      normalizedScore: null,
    });
  });

  it('takes the score that the model gives, not the largest of its map, and has no map where that has none', async () => {
    expect(
      (await predictImage(detector(1, Float32Array.from([9, 9])), manifestWith(2), pixels)).verdict,
    ).toBe('nominal');
    expect((await predictImage(detector(3, null), manifestWith(2), pixels)).map).toBeNull();
  });
});
