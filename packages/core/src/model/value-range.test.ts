import { expect, it } from 'vitest';
import { valueRange } from './value-range.js';

it('is that of all lists together', () => {
  expect(valueRange([new Float32Array([3, -1]), [], [7.5]])).toEqual({ min: -1, max: 7.5 });
  expect(valueRange([[Number.NEGATIVE_INFINITY, 2, 1]])).toEqual({ min: 1, max: 2 });
  expect(valueRange([[-4]])).toEqual({ min: -4, max: -4 });
});
