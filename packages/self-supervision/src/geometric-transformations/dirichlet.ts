/** The Dirichlet distribution of vectors of probabilities that fits best (Minka 2000, "Estimating a Dirichlet distribution"). */

/** ψ, the derivative of log Γ, for x > 0: shifted up by ψ(x) = ψ(x + 1) − 1/x, then its asymptotic series. */
export function digamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z++) shift += 1 / z;
  const s = 1 / (z * z);
  const series = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132)))));
  return Math.log(z) - 1 / (2 * z) - series - shift;
}

/** ψ′, for x > 0, in the same way. */
export function trigamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z++) shift += 1 / (z * z);
  const s = 1 / (z * z);
  const series = s * (1 / 6 - s * (1 / 30 - s * (1 / 42 - s * (1 / 30 - s * (5 / 66)))));
  return 1 / z + s / 2 + series / z + shift;
}

/** The x > 0 of which ψ(x) = y, by Newton's method (Minka 2000, appendix C: five steps give fourteen digits). */
export function inverseDigamma(y: number): number {
  let x = y >= -2.22 ? Math.exp(y) + 0.5 : -1 / (y - digamma(1));
  for (let step = 0; step < 5; step++) x -= (digamma(x) - y) / trigamma(x);
  return x;
}

/** Of Σα at most: vectors that are all alike would have it grow without end. */
export const MOST_CONCENTRATED = 1e6;

/**
 * The α of highest likelihood. At it every α_k is Minka's update of Σα,
 *
 * α_k = ψ⁻¹(ψ(Σα) + mean log p_k) (eq. 9),
 *
 * so that what is left is the sum s for which s = Σ_k α_k(s). Repeating the update comes near it slowly; here it is the zero of
 * log Σ_k α_k(s) − log s, by Newton's method in log s, within bounds. There is one, as vectors of which not all are alike have
 * Σ exp(mean log p_k) < 1; where they are alike, or nearly, s is {@link MOST_CONCENTRATED}.
 *
 * @param meanLog of each component, of two vectors or more.
 */
export function dirichletConcentration(meanLog: ArrayLike<number>): Float64Array {
  const update = (sum: number) => Float64Array.from(meanLog, (mean) => inverseDigamma(digamma(sum) + mean));
  const excess = (logSum: number) => {
    const sum = Math.exp(logSum);
    const alpha = update(sum);
    const total = alpha.reduce((all, value) => all + value, 0);
    const slope = alpha.reduce((all, value) => all + 1 / trigamma(value), 0) * trigamma(sum);
    return { value: Math.log(total) - logSum, slope: (slope * sum) / total - 1 };
  };
  // For small s the updates add up to more than s, for large ones to less.
  let [low, high] = [Math.log(1e-6), Math.log(MOST_CONCENTRATED)];
  if (excess(high).value >= 0) return update(MOST_CONCENTRATED);
  let logSum = Math.log(meanLog.length);
  for (let step = 0; step < 200; step++) {
    const { value, slope } = excess(logSum);
    if (value > 0) low = logSum;
    else high = logSum;
    const newton = logSum - value / slope;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const moved = Math.abs(next - logSum);
    logSum = next;
    if (moved < 1e-13) break;
  }
  return update(Math.exp(logSum));
}

/** log of the softmax of each of the rows of `values`, `[rows, classes]`, in 64 bits: of an outcome that is all but certain it is not yet 0. */
export function logSoftmaxRows(values: ArrayLike<number>, classes: number): Float64Array {
  const given = Float64Array.from(values);
  for (let first = 0; first < given.length; first += classes) {
    const row = given.subarray(first, first + classes);
    let largest = 0;
    for (let k = 1; k < classes; k++) if ((row[k] as number) > (row[largest] as number)) largest = k;
    const most = row[largest] as number;
    let others = 0;
    for (let k = 0; k < classes; k++) if (k !== largest) others += Math.exp((row[k] as number) - most);
    const rest = Math.log1p(others);
    for (let k = 0; k < classes; k++) row[k] = (row[k] as number) - most - rest;
  }
  return given;
}
