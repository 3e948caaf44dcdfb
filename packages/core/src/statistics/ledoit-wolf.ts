/**
 * The covariance of few vectors of many dimensions, drawn towards a multiple of the identity: (1 − s) S + s μ I, S being the
 * covariance over N and μ the mean of its diagonal. The shrinkage s minimises the expected squared error (Ledoit and Wolf 2004, "A
 * well-conditioned estimator for large-dimensional covariance matrices", theorem 3.2 and lemmas 3.2 to 3.4).
 *
 * @param centred vectors less their mean, `[count, size]` in rows.
 * @param products Σ x xᵀ of them, `[size, size]` in rows.
 */
export function ledoitWolf(
  centred: ArrayLike<number>,
  products: ArrayLike<number>,
  count: number,
  size: number,
): { covariance: Float64Array; shrinkage: number } {
  const covariance = Float64Array.from(products, (product) => product / count);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += covariance[i * size + i] as number;
  const mean = trace / size;
  // ‖A‖² is the sum of squared elements over the size, as in the paper.
  const squares = covariance.reduce((sum, value) => sum + value * value, 0) / size;
  /** d²: how far S is from μI. */
  const distance = squares - mean * mean;
  /** b̄²: how far S is from the covariance, by how the x xᵀ that it is the mean of scatter. */
  let fourth = 0;
  for (let image = 0; image < count; image++) {
    let norm = 0;
    for (let i = image * size; i < (image + 1) * size; i++) norm += (centred[i] as number) ** 2;
    fourth += norm * norm;
  }
  const error = (fourth / size / count - squares) / count;
  const shrinkage = distance > 0 ? Math.min(1, Math.max(0, error / distance)) : 1;
  for (let at = 0; at < covariance.length; at++)
    covariance[at] =
      (1 - shrinkage) * (covariance[at] as number) + (at % (size + 1) === 0 ? shrinkage * mean : 0);
  return { covariance, shrinkage };
}
