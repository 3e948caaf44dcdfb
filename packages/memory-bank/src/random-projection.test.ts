import { namedRandom, randomNormal } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { values } from '../fixtures/read-fixture.js';
import { johnsonLindenstrauss, projected } from './random-projection.js';
import type { Vectors } from './vectors.js';

const random = namedRandom(1, 'vectors');
const vectors: Vectors = {
  values: Float32Array.from({ length: 50 * 400 }, () => randomNormal(random)),
  width: 400,
};

const squaredDistance = ({ values, width }: Vectors, one: number, other: number): number => {
  let sum = 0;
  for (let k = 0; k < width; k++)
    sum += ((values[one * width + k] as number) - (values[other * width + k] as number)) ** 2;
  return sum;
};

describe('a random projection', () => {
  it("has scikit-learn's length", () => {
    const lengths = Array.from(values('projection.counts'), (count) => johnsonLindenstrauss(count, 0.9));
    expect(lengths).toEqual([...values('projection.lengths')]);
  });

  it('keeps distances, on average exactly', async () => {
    const shorter = await projected(vectors, 200, 1);
    expect(shorter.values.length).toBe(50 * 200);
    const ratios: number[] = [];
    for (let one = 0; one < 50; one++)
      for (let other = 0; other < one; other++)
        ratios.push(squaredDistance(shorter, one, other) / squaredDistance(vectors, one, other));
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    expect(Math.abs(mean - 1)).toBeLessThan(0.05);
    for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.9);
  });

  it('depends on the seed, and leaves what is short as it is', async () => {
    const shorter = await projected(vectors, 20, 1);
    expect(await projected(vectors, 20, 1)).toEqual(shorter);
    expect(await projected(vectors, 20, 2)).not.toEqual(shorter);
    expect(await projected(vectors, 400, 1)).toBe(vectors);
  });
});
