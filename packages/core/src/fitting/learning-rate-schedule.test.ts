import { expect, it } from 'vitest';
import { learningRateFactor } from './learning-rate-schedule.js';

it("is the optimizer's own learning rate where nothing is said", () => {
  const schedule = { warmUp: 0, decay: 'none' } as const;
  expect([0, 0.3, 1].map((progress) => learningRateFactor(schedule, progress))).toEqual([1, 1, 1]);
});

it('rises linearly in the warm-up', () => {
  const schedule = { warmUp: 0.2, decay: 'none' } as const;
  const factors = [0, 0.05, 0.1, 0.2, 0.9].map((progress) => learningRateFactor(schedule, progress));
  for (const [index, expected] of [0, 0.25, 0.5, 1, 1].entries())
    expect(factors[index]).toBeCloseTo(expected, 12);
});

it('falls along half a cosine, from the end of the warm-up on', () => {
  // torch 2.13: CosineAnnealingLR(T_max=4) after 0 to 4 steps: 1, 0.8535533906, 0.5, 0.1464466094, 0
  const expected = [1, 0.8535533906, 0.5, 0.1464466094, 0];
  for (const warmUp of [0, 0.5])
    for (const [index, factor] of expected.entries()) {
      const progress = warmUp + ((1 - warmUp) * index) / 4;
      expect(learningRateFactor({ warmUp, decay: 'cosine' }, progress)).toBeCloseTo(factor, 9);
    }
});

it('is a warm-up alone where that takes all steps', () => {
  expect(learningRateFactor({ warmUp: 1, decay: 'cosine' }, 0.5)).toBe(0.5);
});
