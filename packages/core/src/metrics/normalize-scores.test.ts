import { expect, it } from 'vitest';
import { normalizeScores } from './normalize-scores.js';

const normalized = (...given: Parameters<typeof normalizeScores>) =>
  Array.from(normalizeScores(...given) ?? []);

it('puts the threshold at 0.5 and the range of the test set at a width of 1', () => {
  expect(normalized([2, 4, 6, 10], 4, { min: 2, max: 10 })).toEqual([0.25, 0.5, 0.75, 1.25]);
});

it('does not clip: scores beyond the test set stay apart', () => {
  expect(normalized([-10, 30], 0, { min: 0, max: 10 })).toEqual([-0.5, 3.5]);
});

it('says nothing where all scores were the same, or none was seen', () => {
  expect(normalizeScores([3, 4], 3, { min: 3, max: 3 })).toBeNull();
  expect(normalizeScores([3, 4], 3, null)).toBeNull();
});
