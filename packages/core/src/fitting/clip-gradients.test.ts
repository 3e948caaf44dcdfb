import { tensor1d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, it } from 'vitest';
import { tf } from '../tensors/tf.js';
import { clipGradients } from './clip-gradients.js';

beforeAll(() => tf.setBackend('cpu'));

// torch 2.13: clip_grad_norm_ of gradients (3, 0) and (4), whose norm is 5
it.each([
  [10, [3, 0], [4]],
  [1, [0.5999998807907104, 0], [0.7999998927116394]],
])('scales all gradients to a norm of at most %f', async (norm, first, second) => {
  const clipped = clipGradients({ first: tensor1d([3, 0]), second: tensor1d([4]) }, norm);
  for (const [name, expected] of Object.entries({ first, second }))
    for (const [index, value] of (await (clipped[name] as tf.Tensor).data()).entries())
      expect(value).toBeCloseTo(expected[index] as number, 6);
});

it('leaves gradients of zero as they are', async () => {
  const { zero } = clipGradients({ zero: tensor1d([0, 0]) }, 1);
  expect([...(await (zero as tf.Tensor).data())]).toEqual([0, 0]);
});
