import { expect, it } from 'vitest';
import { metricsFixture as fixture } from '../../fixtures/read-metrics.js';
import { averagePrecision, pixelAveragePrecision } from './average-precision.js';
import { bestPixelF1 } from './best-f1.js';
import { pixelsInMemory } from './pixels/pixels.js';

const pixels = pixelsInMemory(
  fixture.maps.map((map) => Float32Array.from(map)),
  fixture.masks.map((mask) => Uint8Array.from(mask)),
  fixture.size,
);

it("is scikit-learn's, of images and of pixels", async () => {
  expect(averagePrecision(fixture.better, fixture.labels)).toBeCloseTo(fixture.averagePrecision, 12);
  expect(await pixelAveragePrecision(pixels)).toBeCloseTo(fixture.pixelAveragePrecision, 12);
  expect((await bestPixelF1(pixels)).f1).toBeCloseTo(fixture.pixelF1Max, 12);
});

it('is 1 where all defective samples are above, and their share where all are equal', () => {
  expect(averagePrecision([1, 2, 3, 4], [0, 0, 1, 1])).toBe(1);
  expect(averagePrecision([5, 5, 5, 5], [0, 1, 0, 0])).toBe(0.25);
});

it('needs both kinds', () => {
  expect(() => averagePrecision([1, 2], [1, 1])).toThrow('no nominal sample');
});
