import { expect, it } from 'vitest';
import type { PartContext } from '../contracts/part.js';
import type { Thresholder } from '../contracts/threshold.js';
import { imageF1 } from './image-f1.js';

const { needs, threshold } = imageF1.create({}, { seed: 0 } satisfies PartContext) as Thresholder;

it('is the image score with the highest F1', () => {
  expect(needs).toBe('labels');
  expect(threshold({ scores: [0.1, 0.4, 0.35, 0.8], labels: [0, 0, 1, 1] })).toBe(0.35);
});

it('says what it needs', () => {
  expect(() => threshold({ scores: [1, 2] })).toThrow("'image-f1' needs labelled images");
  expect(() => threshold({ scores: [1, 2], labels: [0, 0] })).toThrow('There is no defective sample');
});
