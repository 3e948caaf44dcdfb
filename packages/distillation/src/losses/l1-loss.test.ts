import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectFiniteDifferences, gradientsOf, lossOf, pyramids } from './feature-pyramids.test.fixture.js';
import { l1Loss } from './l1-loss.js';

beforeAll(() => tf.setBackend('cpu'));

describe('l1Loss', () => {
  // PyTorch, in float64: of each layer l1_loss(s, t, reduction='sum') / (H * W); with normalize after functional.normalize.
  it.each([
    { normalize: false, value: 9.75742014 },
    { normalize: true, value: 6.79721609 },
  ])(
    "is PyTorch's, with the gradient of finite differences: normalize $normalize",
    ({ normalize, value }) => {
      const { teacher, student } = pyramids();
      const [sum, mean] = [l1Loss({ reduction: 'sum', normalize }), l1Loss({ reduction: 'mean', normalize })];
      expect(lossOf(sum, teacher, student)).toBeCloseTo(value, 5);
      expect(lossOf(mean, teacher, student)).toBeCloseTo(value / 2, 5);
      expectFiniteDifferences((t, s) => tf.mul(mean(t, s), 3), teacher, student, 2e-3);
    },
  );

  it('pulls at no feature that is equal, as those are which a ReLU makes 0 on both sides', () => {
    const teacher = { layer1: tf.tensor4d([0, 2, 1, 0], [1, 1, 1, 4]) };
    const student = { layer1: tf.tensor4d([0, 1, 3, 0], [1, 1, 1, 4]) };
    const { layer1 = [] } = gradientsOf(l1Loss({ reduction: 'sum', normalize: false }), teacher, student);
    expect([...layer1]).toEqual([0, -1, 1, 0]);
  });
});
