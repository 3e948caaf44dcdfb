import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

export interface SymmetricEigen {
  /** Largest first. */
  readonly values: readonly number[];
  /** `[size, size]` in rows: column k is the unit vector of value k. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, in double precision.
 * @param matrix `[size, size]` in rows.
 */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): SymmetricEigen {
  const decomposition = new EigenvalueDecomposition(Matrix.from1DArray(size, size, Array.from(matrix)), {
    assumeSymmetric: true,
  });
  // They come smallest first.
  const vectors = decomposition.eigenvectorMatrix;
  return {
    values: [...decomposition.realEigenvalues].reverse(),
    vectors: Float64Array.from({ length: size * size }, (_, at) =>
      vectors.get(Math.floor(at / size), size - 1 - (at % size)),
    ),
  };
}
