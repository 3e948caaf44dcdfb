import { expect, it } from 'vitest';
import { cosineDecay } from './cosine-decay.js';

it('rises in even steps to 1, then falls along half a cosine towards 0', () => {
  const factor = cosineDecay(104, 4);
  expect([1, 2, 3, 4].map(factor)).toEqual([0.2, 0.4, 0.6, 0.8]);
  expect(factor(5)).toBe(1);
  expect(factor(55)).toBeCloseTo(0.5, 10);
  expect(factor(30)).toBeCloseTo((1 + Math.SQRT1_2) / 2, 10);
  expect(factor(104)).toBeGreaterThan(0);
  expect(factor(104)).toBeLessThan(0.001);
});

it('needs no warm-up, and no more than one step', () => {
  expect(cosineDecay(1, 0)(1)).toBe(1);
});
