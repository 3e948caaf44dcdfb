import { expect, it } from 'vitest';
import { confusion } from './confusion.js';

it('counts from the threshold on as defective', () => {
  // Defective 0.9, 0.5, 0.2; nominal 0.5, 0.1, 0.6, 0.4.
  expect(confusion([0.9, 0.5, 0.2, 0.5, 0.1, 0.6, 0.4], [1, 1, 1, 0, 0, 0, 0], 0.5)).toEqual({
    truePositives: 2,
    falsePositives: 2,
    trueNegatives: 2,
    falseNegatives: 1,
    precision: 1 / 2,
    recall: 2 / 3,
    f1: 4 / 7,
  });
});

it('is zero where a rate has nothing to be a part of', () => {
  expect(confusion([0.1, 0.2], [1, 0], 0.5)).toMatchObject({ precision: 0, recall: 0, f1: 0 });
  expect(confusion([0.1, 0.9], [0, 0], 0.5)).toMatchObject({ falsePositives: 1, recall: 0, f1: 0 });
  expect(confusion([], [], 0.5)).toMatchObject({ falsePositives: 0, falseNegatives: 0, f1: 0 });
});

it('says what is wrong with its input', () => {
  expect(() => confusion([Number.NaN], [1], 0.5)).toThrow('Score 0 is NaN');
  expect(() => confusion([1], [-1], 0.5)).toThrow('Label 0 is -1');
});
