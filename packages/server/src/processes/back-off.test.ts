import { expect, it } from 'vitest';
import { backOff } from './back-off.js';

it('doubles with each death up to half a minute, and begins anew after one that has served for a minute', () => {
  const { died } = backOff();
  expect(Array.from({ length: 10 }, () => died(0))).toEqual([
    ...[100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000],
  ]);
  expect(died(59_999)).toBe(30_000);
  expect([died(60_000), died(10)]).toEqual([100, 200]);
});
