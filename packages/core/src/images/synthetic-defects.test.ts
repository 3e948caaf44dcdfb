import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../contracts/dataset.js';
import { namedRandom } from './named-random.js';
import { type SyntheticDefectKind, syntheticDefect, syntheticDefectKinds } from './synthetic-defects.js';

function texture(width: number, height: number): RgbImage {
  const random = namedRandom(1, 'texture');
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => 256 * random()) };
}

const shareOf = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0) / mask.length;

describe.each(syntheticDefectKinds)('a synthetic defect, %s', (kind) => {
  const image = texture(96, 64);

  it('changes pixels of its mask alone, and leaves the image as it was', () => {
    const before = Uint8Array.from(image.data);
    for (let index = 0; index < 20; index++) {
      const { image: defective, mask } = syntheticDefect(image, kind, 7, `${index}`);
      const changed = new Uint8Array(mask.length);
      defective.data.forEach((value, at) => {
        if (value !== image.data[at]) changed[Math.floor(at / 3)] = 1;
      });
      expect(changed.every((value, at) => value <= (mask[at] as number))).toBe(true);
      // Noise is nearly never the same twice.
      expect(shareOf(changed)).toBeGreaterThan(0.9 * shareOf(mask));
      expect([defective.width, defective.height]).toEqual([96, 64]);
    }
    expect(image.data).toEqual(before);
  });

  it('is the same for the same seed and name, and another for others', () => {
    const { data } = syntheticDefect(image, kind, 7, 'a').image;
    expect(syntheticDefect(image, kind, 7, 'a').image.data).toEqual(data);
    expect(syntheticDefect(image, kind, 7, 'b').image.data).not.toEqual(data);
    expect(syntheticDefect(image, kind, 8, 'a').image.data).not.toEqual(data);
  });

  it('lies in the image, in images of any shape', () => {
    for (const [width, height] of [
      [8, 8],
      [200, 10],
      [10, 200],
    ] as const)
      for (let index = 0; index < 10; index++) {
        const { mask } = syntheticDefect(texture(width, height), kind, 1, `${index}`);
        expect(mask).toHaveLength(width * height);
      }
  });
});

it.each<[SyntheticDefectKind, number, number]>([
  // Some of it may lie outside the image.
  ['patch', 0.02, 0.15],
  ['stain', 0.001, 0.03],
])('the area of a %s is what the paper says', (kind, low, high) => {
  const shares = Array.from({ length: 100 }, (_, index) =>
    shareOf(syntheticDefect(texture(96, 96), kind, 3, `${index}`).mask),
  );
  expect(Math.max(...shares)).toBeLessThan(high * 1.1);
  expect(shares.filter((share) => share > low).length).toBeGreaterThan(70);
});
