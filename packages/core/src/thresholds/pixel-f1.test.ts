import { expect, it } from 'vitest';
import type { PartContext } from '../contracts/part.js';
import type { Thresholder } from '../contracts/threshold.js';
import { pixelF1 } from './pixel-f1.js';

const { needs, threshold } = pixelF1.create({}, { seed: 0, layers: [] } satisfies PartContext) as Thresholder;

it('is the pixel score with the highest F1, whatever the images score', () => {
  expect(needs).toBe('masks');
  const pixels = { scores: Float32Array.of(0.25, 0.5, 0.75, 1), labels: Uint8Array.of(0, 0, 1, 1) };
  expect(threshold({ scores: [9, 1], labels: [0, 1], pixels })).toBe(0.75);
});

it('says what it needs', () => {
  expect(() => threshold({ scores: [1, 2], labels: [0, 1] })).toThrow("'pixel-f1' needs masks");
  expect(() =>
    threshold({ scores: [1], pixels: { scores: Float32Array.of(1), labels: Uint8Array.of(0) } }),
  ).toThrow('There is no defective pixel');
});
