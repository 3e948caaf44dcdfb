import { expect, it } from 'vitest';
import type { PartContext } from '../contracts/part.js';
import type { Thresholder } from '../contracts/threshold.js';
import { pixelsInMemory } from '../metrics/pixels/pixels.js';
import { pixelF1 } from './pixel-f1.js';

const { needs, threshold } = pixelF1.create({}, { seed: 0 } satisfies PartContext) as Thresholder;

/** One image, of a row. */
const pixelsOf = (scores: number[], labels: number[]) =>
  pixelsInMemory([Float32Array.from(scores)], [Uint8Array.from(labels)], { height: 1, width: scores.length });

it('is the pixel score with the highest F1, whatever the images score', async () => {
  expect(needs).toBe('masks');
  const pixels = pixelsOf([0.25, 0.5, 0.75, 1], [0, 0, 1, 1]);
  expect(await threshold({ scores: [9, 1], labels: [0, 1], pixels })).toBe(0.75);
});

it('says what it needs', async () => {
  await expect(threshold({ scores: [1, 2], labels: [0, 1] })).rejects.toThrow("'pixel-f1' needs masks");
  await expect(threshold({ scores: [1], pixels: pixelsOf([1], [0]) })).rejects.toThrow(
    'There is no defective pixel',
  );
});
