import { describe, expect, it } from 'vitest';
import { between, imageRandom, namedRandom, randomNormal } from './named-random.js';

const draw = (count: number, next: () => number) => Array.from({ length: count }, next);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('named random numbers', () => {
  it('repeat for a seed and a name, and are others for another seed or name', () => {
    const numbers = draw(8, namedRandom(42, 'stain'));
    expect(draw(8, namedRandom(42, 'stain'))).toEqual(numbers);
    for (const other of [namedRandom(43, 'stain'), namedRandom(42, 'stains'), namedRandom(42, '')])
      expect(draw(8, other)).not.toEqual(numbers);
  });

  it('of an image repeat for its pixels, and are others where one of these is', () => {
    const image = (last: number) => ({ data: Uint8Array.of(1, 2, 3, 4, 5, last) });
    const numbers = draw(8, imageRandom(42, image(6)));
    expect(draw(8, imageRandom(42, image(6)))).toEqual(numbers);
    for (const other of [imageRandom(43, image(6)), imageRandom(42, image(7))])
      expect(draw(8, other)).not.toEqual(numbers);
  });

  it('lie in [0, 1), or between two numbers, evenly', () => {
    const random = namedRandom(1, 'even');
    for (const [low, high] of [
      [0, 1],
      [-3, 5],
    ] as const) {
      const values = draw(4000, () => between(random, low, high));
      expect(values.every((value) => low <= value && value < high)).toBe(true);
      expect(mean(values)).toBeCloseTo((low + high) / 2, low === 0 ? 1 : 0);
    }
  });

  it('are near normal where that is wanted', () => {
    const random = namedRandom(1, 'normal');
    const values = draw(4000, () => randomNormal(random));
    expect(Math.abs(mean(values))).toBeLessThan(0.05);
    expect(mean(values.map((value) => value ** 2))).toBeCloseTo(1, 1);
  });
});
