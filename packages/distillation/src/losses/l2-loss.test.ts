import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  areFinite,
  expectFiniteDifferences,
  gradientsOf,
  lossOf,
  pyramids,
  waves,
} from './feature-pyramids.test.fixture.js';
import { l2Loss } from './l2-loss.js';

beforeAll(() => tf.setBackend('cpu'));

// PyTorch, in float64: of each layer mse_loss(s, t, reduction='sum') / (H * W), or linalg.vector_norm(s - t, dim=-1).mean((1,
// 2)).sum(); with normalize after functional.normalize(x, dim=-1).
const expected = [
  { squared: true, normalize: false, value: 7.35677599 },
  { squared: true, normalize: true, value: 3.72564642 },
  { squared: false, normalize: false, value: 5.36155776 },
  { squared: false, normalize: true, value: 3.82431767 },
];

describe('l2Loss', () => {
  it.each(expected)("is PyTorch's: squared $squared, normalize $normalize", ({ value, ...options }) => {
    const { teacher, student } = pyramids();
    expect(lossOf(l2Loss({ reduction: 'sum', ...options }), teacher, student)).toBeCloseTo(value, 5);
    expect(lossOf(l2Loss({ reduction: 'mean', ...options }), teacher, student)).toBeCloseTo(value / 2, 5);
  });

  it.each(expected)(
    'has the gradient of finite differences: squared $squared, normalize $normalize',
    ({ squared, normalize }) => {
      const { teacher, student } = pyramids();
      const loss = l2Loss({ reduction: 'mean', squared, normalize });
      expectFiniteDifferences((t, s) => tf.mul(loss(t, s), 3), teacher, student);
    },
  );

  it('weighs layers alike, however many positions they have', () => {
    const at = (height: number, width: number) => {
      const [teacher, student] = [tf.fill([1, height, width, 2], 3), tf.fill([1, height, width, 2], 1)];
      const loss = l2Loss({ reduction: 'sum', squared: true, normalize: false });
      return lossOf(loss, { layer1: teacher as tf.Tensor4D }, { layer1: student as tf.Tensor4D });
    };
    expect([at(1, 1), at(7, 5)]).toEqual([8, 8]);
  });

  it.each(expected)(
    'stays finite, with its gradient, where vectors are zero or equal: squared $squared, normalize $normalize',
    ({ squared, normalize }) => {
      const loss = l2Loss({ reduction: 'sum', squared, normalize });
      for (const features of [tf.zeros<tf.Rank.R4>([1, 2, 2, 3]), waves([1, 2, 2, 3], 1)]) {
        expect(lossOf(loss, { layer1: features }, { layer1: features })).toBe(0);
        const { layer1 = [] } = gradientsOf(loss, { layer1: features }, { layer1: features });
        expect(Array.from(layer1, Math.abs)).toEqual(Array(12).fill(0));
      }
      const [zeros, other] = [tf.zeros<tf.Rank.R4>([1, 2, 2, 3]), waves([1, 2, 2, 3], 1)];
      expect(areFinite([lossOf(loss, { layer1: other }, { layer1: zeros })])).toBe(true);
      expect(areFinite(gradientsOf(loss, { layer1: other }, { layer1: zeros }).layer1 ?? [])).toBe(true);
    },
  );
});
