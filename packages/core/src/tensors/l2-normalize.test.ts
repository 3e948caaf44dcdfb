import { grad, mul, setBackend, sum, type Tensor4D, tensor4d, zeros } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@adfw/tfjs-gradients';
import { beforeAll, describe, expect, it } from 'vitest';
import { l2Normalize } from './l2-normalize.js';

beforeAll(() => setBackend('cpu'));

const shape: [number, number, number, number] = [1, 1, 2, 3];
const weighted = (features: Tensor4D) =>
  sum(mul(l2Normalize(features), tensor4d([1, -2, 3, 0, 1, 2], shape)));

describe('l2Normalize', () => {
  it('gives every vector the length 1, and leaves zeros', () => {
    const normalized = l2Normalize(tensor4d([3, 0, 4, 0, 0, 0], shape)).dataSync();
    [0.6, 0, 0.8, 0, 0, 0].forEach((value, index) => {
      expect(normalized[index]).toBeCloseTo(value, 6);
    });
  });

  it('has the gradient that finite differences give', () => {
    const values = [3, 1, 4, -1, 0.5, 2];
    const gradient = grad((x) => weighted(x as Tensor4D))(tensor4d(values, shape)).dataSync();
    const at = (index: number, step: number) =>
      weighted(tensor4d(values.with(index, (values[index] as number) + step), shape)).dataSync()[0] as number;
    values.forEach((_, index) => {
      expect(gradient[index]).toBeCloseTo((at(index, 1e-2) - at(index, -1e-2)) / 2e-2, 3);
    });
  });

  it('has a finite gradient where a vector is zero', () => {
    const gradient = grad((x) => weighted(x as Tensor4D))(zeros(shape)).dataSync();
    expect([...gradient].every(Number.isFinite)).toBe(true);
  });
});
