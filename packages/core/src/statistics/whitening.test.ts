import { describe, expect, it } from 'vitest';
import { DataError } from '../contracts/errors.js';
import { whitening } from './whitening.js';

const wave = (index: number) => ((3 * index * index + 7 * index + 31) % 1009) / 504.5 - 1;

/** XᵀX / rows + ridge, `[size, size]`. */
function covariance(rows: number, size: number, ridge: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let sum = i === j ? ridge : 0;
      for (let row = 0; row < rows; row++) sum += (wave(row * size + i) * wave(row * size + j)) / rows;
      result[i * size + j] = sum;
    }
  return result;
}

describe('whitening', () => {
  it('is the inverse transposed Cholesky factor: of [[4, 2], [2, 5]], whose factor is [[2, 0], [1, 2]]', () => {
    expect([...whitening(Float64Array.of(4, 2, 2, 5), 2)]).toEqual([0.5, -0.25, 0, 0.5]);
  });

  it.each([1, 3, 4, 10, 33])('V Vᵀ Σ is the identity, for %i dimensions of fewer images', (size) => {
    const sigma = covariance(5, size, 0.01);
    const v = whitening(sigma, size);
    const inverse = (i: number, j: number) => {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += (v[i * size + k] as number) * (v[j * size + k] as number);
      return sum;
    };
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        let sum = 0;
        for (let k = 0; k < size; k++) sum += inverse(i, k) * (sigma[k * size + j] as number);
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 11);
      }
  });

  it('reads the lower half alone', () => {
    expect([...whitening(Float64Array.of(4, Number.NaN, 2, 5), 2)]).toEqual([0.5, -0.25, 0, 0.5]);
  });

  it('says that a matrix is not positive definite', () => {
    expect(() => whitening(Float64Array.of(1, 1, 1, 1), 2)).toThrow(DataError);
    expect(() => whitening(Float64Array.of(Number.NaN), 1)).toThrow('not positive definite');
  });
});
