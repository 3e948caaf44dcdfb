import { tf } from '@adfw/core';
import { expect } from 'vitest';

/** Expects the gradient of f at x to be that of central differences. f must be smooth around x. */
export function expectGradient(f: (x: tf.Tensor) => tf.Scalar, x: tf.Tensor, tolerance = 2e-3): void {
  tf.tidy(() => {
    const gradient = tf.grad(f)(x).dataSync();
    const values = x.dataSync();
    const step = 1e-2;
    const at = (index: number, by: number): number => {
      const moved = Float32Array.from(values);
      moved[index] = (moved[index] as number) + by;
      return f(tf.tensor(moved, x.shape)).dataSync()[0] as number;
    };
    const differences = [...values.keys()].map((index) => (at(index, step) - at(index, -step)) / (2 * step));
    const scale = Math.max(...differences.map(Math.abs));
    expect(scale).toBeGreaterThan(0);
    differences.forEach((difference, index) => {
      expect(Math.abs((gradient[index] as number) - difference) / scale).toBeLessThan(tolerance);
    });
  });
}
