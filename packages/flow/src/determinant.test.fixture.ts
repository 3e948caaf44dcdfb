/** Of a square matrix, by Gaussian elimination with pivots. */
export function determinant(rows: number[][]): number {
  const matrix = rows.map((row) => [...row]);
  let result = 1;
  for (let k = 0; k < matrix.length; k++) {
    const pivot = matrix.reduce(
      (best, row, at) =>
        at >= k && Math.abs(row[k] as number) > Math.abs(matrix[best]?.[k] as number) ? at : best,
      k,
    );
    if (pivot !== k) {
      [matrix[k], matrix[pivot]] = [matrix[pivot] as number[], matrix[k] as number[]];
      result = -result;
    }
    const top = matrix[k] as number[];
    result *= top[k] as number;
    for (const row of matrix.slice(k + 1)) {
      const factor = (row[k] as number) / (top[k] as number);
      for (let column = k; column < row.length; column++)
        row[column] = (row[column] as number) - factor * (top[column] as number);
    }
  }
  return result;
}
