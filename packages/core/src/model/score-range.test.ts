import { expect, it } from 'vitest';
import { scoreRange } from './score-range.js';

it("is the test set's", () => {
  expect(scoreRange([3, 1, 2], [0, 9])).toEqual({ range: { min: 1, max: 3 }, note: null });
});

it('is that of the held-out images where the test set has none, and says so', () => {
  expect(scoreRange([3], [0, 9])).toEqual({
    range: { min: 0, max: 9 },
    note: 'There is one test image, which is no range of scores: scores are normalised by the range of the held-out images.',
  });
  expect(scoreRange([3, 3], [0, 9]).note).toContain('All test images have the same score');
});

it('is null where no two scores differ, and says so where there were test images', () => {
  expect(scoreRange([3], [1, 1])).toEqual({
    range: null,
    note: 'There is one test image, which is no range of scores: there are no normalised scores.',
  });
  expect(scoreRange([], [1])).toEqual({ range: null, note: null });
});

it('is that of the held-out images, without a word, where nothing was to be tested', () => {
  expect(scoreRange([], [2, 1])).toEqual({ range: { min: 1, max: 2 }, note: null });
});
