import { expect, it } from 'vitest';
import { smoothStep, valueNoise, wave } from './fields.js';

it('value noise has its values at whole coordinates, and their mean halfway between', () => {
  const noise = valueNoise((column, row) => 10 * row + column);
  expect(noise(-2, 3)).toBe(28);
  expect(noise(1.5, 3)).toBe(31.5);
  expect(noise(1.5, 3.5)).toBe(36.5);
  // 3t² - 2t³ of a quarter.
  expect(noise(0.25, 0)).toBe(0.15625);
});

it('steps and waves are level at their ends', () => {
  expect([-1, 0, 1, 2, 3].map((value) => smoothStep(0, 2, value))).toEqual([0, 0, 0.5, 1, 1]);
  expect([-1, -0.5, 0, 0.25, 0.5, 1].map(wave)).toEqual([1, 0, 1, 0.5, 0, 1]);
});
