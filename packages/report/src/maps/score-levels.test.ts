import { describe, expect, it } from 'vitest';
import { levelsOf, scoreLevels } from './score-levels.js';

describe('levels of scores', () => {
  it('put the threshold at the beginning of the middle one, and the ends at the ends', () => {
    const levels = scoreLevels({ min: 0.1, max: 9 }, 0.7);
    expect(levels).toHaveLength(256);
    expect([...levelsOf([-1, 0.1, 0.6999, 0.7, 9, 10], levels)]).toEqual([0, 0, 127, 128, 255, 255]);
  });

  it('begin where a score is said to be in them', () => {
    const levels = scoreLevels({ min: -2, max: 31 }, 4);
    const scores = Array.from({ length: 1000 }, (_, i) => -2 + (33 * i) / 1000);
    levelsOf(scores, levels).forEach((level, i) => {
      expect(levels[level] as number).toBeLessThanOrEqual((scores[i] as number) + 1e-9);
      if (level < 255) expect(levels[level + 1] as number).toBeGreaterThan((scores[i] as number) - 1e-9);
    });
  });

  it('are equally wide without a threshold, and where it lies outside', () => {
    for (const threshold of [null, 5, 0, -3])
      expect(scoreLevels({ min: 0, max: 1 }, threshold)[64]).toBeCloseTo(0.25, 12);
  });

  it('take scores that are all equal to be low', () => {
    for (const score of [0, 3, -3])
      expect([...levelsOf([score], scoreLevels({ min: score, max: score }, score))]).toEqual([0]);
  });
});
