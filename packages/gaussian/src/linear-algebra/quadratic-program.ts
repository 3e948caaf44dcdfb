/**
 * min ½ αᵀQα + pᵀα over Σ αᵢ = 1, 0 ≤ αᵢ ≤ C: the dual of the one-class support vector machine and of support vector data
 * description. Sequential minimal optimisation: in each step the two αᵢ change whose change promises most (Fan, Chen and Lin 2005,
 * "Working Set Selection Using Second Order Information", WSS 2).
 */
export interface QuadraticProblem {
  /** Q, symmetric and positive semidefinite, `[size, size]` in rows. */
  readonly matrix: Float64Array;
  /** p. */
  readonly linear: Float64Array;
  /** C, at least 1 / size. */
  readonly bound: number;
}

export interface QuadraticSolution {
  readonly alphas: Float64Array;
  /** Qα + p where 0 < αᵢ < C, which is one number for all of them. */
  readonly margin: number;
}

/** By how much the gradients of two αᵢ may still differ, beside the largest element of Q's diagonal. */
const TOLERANCE = 1e-7;
/** For a matrix that is singular in a direction. */
const SMALLEST_CURVATURE = 1e-12;
const STEPS_PER_IMAGE = 10_000;

export function solveQuadratic({ matrix, linear, bound }: QuadraticProblem): QuadraticSolution {
  const size = linear.length;
  const q = (i: number, j: number) => matrix[i * size + j] as number;
  const alphas = startingAlphas(size, bound);
  const alpha = (i: number) => alphas[i] as number;
  const gradient = Float64Array.from(linear, (p, i) => {
    let sum = p;
    for (let j = 0; j < size; j++) sum += q(i, j) * alpha(j);
    return sum;
  });
  const g = (i: number) => gradient[i] as number;
  let scale = 0;
  for (let i = 0; i < size; i++) scale = Math.max(scale, q(i, i));

  for (let step = 0; step < STEPS_PER_IMAGE * size; step++) {
    /** The one that gains most by growing. */
    let up = -1;
    for (let i = 0; i < size; i++) if (alpha(i) < bound && (up < 0 || g(i) < g(up))) up = i;
    /** The one with which a step lowers the objective most. */
    let down = -1;
    let mostGain = 0;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < size; j++) {
      if (up < 0 || alpha(j) <= 0) continue;
      largest = Math.max(largest, g(j));
      const slope = g(j) - g(up);
      if (slope <= 0) continue;
      const gain = (slope * slope) / Math.max(SMALLEST_CURVATURE, q(up, up) + q(j, j) - 2 * q(up, j));
      if (gain > mostGain) [down, mostGain] = [j, gain];
    }
    if (down < 0 || largest - g(up) <= TOLERANCE * scale) break;
    const curvature = Math.max(SMALLEST_CURVATURE, q(up, up) + q(down, down) - 2 * q(up, down));
    const room = Math.min(bound - alpha(up), alpha(down));
    const change = (g(down) - g(up)) / curvature;
    // At a bound it is exactly there, for only then it is known to be.
    if (change < room) {
      alphas[up] = alpha(up) + change;
      alphas[down] = alpha(down) - change;
    } else if (bound - alpha(up) <= alpha(down)) {
      alphas[down] = alpha(down) - room;
      alphas[up] = bound;
    } else {
      alphas[up] = alpha(up) + room;
      alphas[down] = 0;
    }
    const moved = Math.min(change, room);
    for (let i = 0; i < size; i++) gradient[i] = g(i) + moved * (q(up, i) - q(down, i));
  }
  return { alphas, margin: marginOf(alphas, gradient, bound) };
}

/** The first ones at the bound, so many that the sum is 1. */
function startingAlphas(size: number, bound: number): Float64Array {
  let left = 1;
  return Float64Array.from({ length: size }, () => {
    const own = Math.min(bound, left);
    left -= own;
    return own;
  });
}

/** Their mean on the margin; where none is there, the middle of what those at the bounds allow. */
function marginOf(alphas: Float64Array, gradient: Float64Array, bound: number): number {
  let [sum, count] = [0, 0];
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [i, alpha] of alphas.entries()) {
    const value = gradient[i] as number;
    if (alpha > 0 && alpha < bound) {
      sum += value;
      count += 1;
    } else if (alpha > 0) low = Math.max(low, value);
    else high = Math.min(high, value);
  }
  if (count > 0) return sum / count;
  if (low === Number.NEGATIVE_INFINITY) return high;
  return high === Number.POSITIVE_INFINITY ? low : (low + high) / 2;
}
