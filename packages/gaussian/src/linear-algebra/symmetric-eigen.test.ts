import { describe, expect, it } from 'vitest';
import { symmetricEigen } from './symmetric-eigen.js';

describe('symmetricEigen', () => {
  it('gives the largest value first: 3 and 1 of [[2, 1], [1, 2]], with (1, 1) and (1, -1)', () => {
    const { values, vectors } = symmetricEigen([2, 1, 1, 2], 2);
    expect(values[0]).toBeCloseTo(3, 12);
    expect(values[1]).toBeCloseTo(1, 12);
    expect((vectors[0] as number) / (vectors[2] as number)).toBeCloseTo(1, 12);
    expect((vectors[1] as number) / (vectors[3] as number)).toBeCloseTo(-1, 12);
  });

  it('gives those of the second difference of 40 points, 2 − 2 cos(kπ/41)', () => {
    const size = 40;
    const matrix = Float64Array.from({ length: size * size }, (_, at) => {
      const distance = Math.abs(Math.floor(at / size) - (at % size));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const { values, vectors } = symmetricEigen(matrix, size);
    for (const [k, value] of values.entries())
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((size - k) * Math.PI) / (size + 1)), 12);
    const column = (k: number) => Array.from({ length: size }, (_, i) => vectors[i * size + k] as number);
    const product = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
    expect(product(column(0), column(0))).toBeCloseTo(1, 12);
    expect(product(column(3), column(20))).toBeCloseTo(0, 12);
  });
});
