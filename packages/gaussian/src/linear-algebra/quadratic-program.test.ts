import { describe, expect, it } from 'vitest';
import { solveQuadratic } from './quadratic-program.js';

describe('solveQuadratic', () => {
  it('weighs two independent elements by their inverses: of ½(x² + 3y²) with x + y = 1 the least is at 3/4', () => {
    const { alphas, margin } = solveQuadratic({
      matrix: Float64Array.of(1, 0, 0, 3),
      linear: new Float64Array(2),
      bound: 1,
    });
    expect(alphas[0]).toBeCloseTo(0.75, 6);
    expect(alphas[1]).toBeCloseTo(0.25, 6);
    expect(margin).toBeCloseTo(0.75, 6);
  });

  it('keeps to the bound, where the margin is between what both allow', () => {
    const problem = { matrix: Float64Array.of(1, 0, 0, 3), linear: new Float64Array(2), bound: 0.5 };
    expect(solveQuadratic(problem)).toEqual({ alphas: Float64Array.of(0.5, 0.5), margin: 1.5 });
  });

  it('takes the linear term into account', () => {
    const { alphas } = solveQuadratic({
      matrix: Float64Array.of(2, 0, 0, 2),
      linear: Float64Array.of(0, -1),
      bound: 1,
    });
    // 2x = 2y − 1.
    expect(alphas[1]).toBeCloseTo(0.75, 6);
  });

  it('gives all to the smallest of one column', () => {
    const { alphas } = solveQuadratic({
      matrix: new Float64Array(9),
      linear: Float64Array.of(3, 1, 2),
      bound: 1,
    });
    expect([...alphas]).toEqual([0, 1, 0]);
  });
});
