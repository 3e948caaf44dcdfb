import { DataError } from '../contracts/errors.js';

/**
 * The triangular matrix V with Σ⁻¹ = V Vᵀ, so that ‖(x − μ)ᵀV‖ is the Mahalanobis distance of x from μ: V = L⁻ᵀ for the Cholesky
 * factor of Σ = L Lᵀ. In double precision.
 *
 * @param covariance Σ, `[size, size]` in rows; only what is on and below its diagonal is read.
 * @returns V, `[size, size]` in rows, zero below its diagonal.
 * @throws DataError where Σ is not positive definite.
 */
export function whitening(covariance: Float64Array, size: number): Float64Array {
  const padded = Math.ceil(size / ROWS) * ROWS;
  const inverse = invertedTransposed(cholesky(withIdentity(covariance, size, padded), padded), padded);
  if (padded === size) return inverse;
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++)
    result.set(inverse.subarray(row * padded, row * padded + size), row * size);
  return result;
}

// Both run over ROWS rows at a time, with a sum each: a number that is read then goes into four products, none of which waits for
// another. That takes a quarter of the time of one row after another.
const ROWS = 4;

/** Σ in the upper left corner of a matrix that is the identity else. */
function withIdentity(covariance: Float64Array, size: number, padded: number): Float64Array {
  if (padded === size) return covariance;
  const result = new Float64Array(padded * padded);
  for (let row = 0; row < size; row++)
    result.set(covariance.subarray(row * size, (row + 1) * size), row * padded);
  for (let row = size; row < padded; row++) result[row * padded + row] = 1;
  return result;
}

/** The lower triangular L of Σ = L Lᵀ: Lᵢⱼ = (Σᵢⱼ − Σₖ LᵢₖLⱼₖ) / Lⱼⱼ. */
function cholesky(covariance: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  const at = (index: number) => factor[index] as number;
  for (let top = 0; top < size; top += ROWS) {
    const [row0, row1, row2, row3] = [top * size, (top + 1) * size, (top + 2) * size, (top + 3) * size];
    for (let j = 0; j < top; j++) {
      const row = j * size;
      let sum0 = covariance[row0 + j] as number;
      let sum1 = covariance[row1 + j] as number;
      let sum2 = covariance[row2 + j] as number;
      let sum3 = covariance[row3 + j] as number;
      for (let k = 0; k < j; k++) {
        const value = at(row + k);
        sum0 -= at(row0 + k) * value;
        sum1 -= at(row1 + k) * value;
        sum2 -= at(row2 + k) * value;
        sum3 -= at(row3 + k) * value;
      }
      const scale = 1 / at(row + j);
      factor[row0 + j] = sum0 * scale;
      factor[row1 + j] = sum1 * scale;
      factor[row2 + j] = sum2 * scale;
      factor[row3 + j] = sum3 * scale;
    }
    for (let i = top; i < top + ROWS; i++)
      for (let j = top; j <= i; j++) {
        let sum = covariance[i * size + j] as number;
        for (let k = 0; k < j; k++) sum -= at(i * size + k) * at(j * size + k);
        if (i === j && !(sum > 0))
          throw new DataError(
            'The covariance of the features is not positive definite; it needs more regularization.',
          );
        factor[i * size + j] = i === j ? Math.sqrt(sum) : sum / at(j * size + j);
      }
  }
  return factor;
}

/** V = L⁻ᵀ. Row j of V is column j of L⁻¹, so that both are read along their rows: Vⱼᵢ = −Σₖ LᵢₖVⱼₖ / Lᵢᵢ for j ≤ k < i. */
function invertedTransposed(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  const at = (index: number) => inverse[index] as number;
  for (let top = 0; top < size; top += ROWS) {
    const [row0, row1, row2, row3] = [top * size, (top + 1) * size, (top + 2) * size, (top + 3) * size];
    for (let i = top; i < top + ROWS; i++) {
      const diagonal = factor[i * size + i] as number;
      inverse[i * size + i] = 1 / diagonal;
      for (let j = top; j < i; j++) {
        let sum = 0;
        for (let k = j; k < i; k++) sum += (factor[i * size + k] as number) * at(j * size + k);
        inverse[j * size + i] = -sum / diagonal;
      }
    }
    for (let i = top + ROWS; i < size; i++) {
      const row = i * size;
      let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
      for (let k = top; k < i; k++) {
        const value = factor[row + k] as number;
        sum0 += at(row0 + k) * value;
        sum1 += at(row1 + k) * value;
        sum2 += at(row2 + k) * value;
        sum3 += at(row3 + k) * value;
      }
      const scale = -1 / (factor[row + i] as number);
      inverse[row0 + i] = sum0 * scale;
      inverse[row1 + i] = sum1 * scale;
      inverse[row2 + i] = sum2 * scale;
      inverse[row3 + i] = sum3 * scale;
    }
  }
  return inverse;
}
