import { tensor } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { parameterCount } from './parameter-count.js';
import { tf } from './tf.js';

it('counts the numbers of all tensors, those of the same name in two places too', async () => {
  await tf.setBackend('cpu');
  const layer = (outputs: number) => ({
    weight: tensor(new Float32Array(3 * outputs), [3, outputs]),
    bias: tensor(0),
  });
  expect(parameterCount(layer(4), layer(2))).toBe(12 + 1 + 6 + 1);
  expect(parameterCount({})).toBe(0);
});
