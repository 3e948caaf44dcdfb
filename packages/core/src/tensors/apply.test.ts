import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { apply } from './apply.js';

beforeAll(() => tf.setBackend('cpu'));

describe('apply', () => {
  const f = vi.fn((images: tf.Tensor4D) => tf.mean(images, [1, 2, 3]));

  it('gives the values of the function, and keeps no tensor', async () => {
    const before = tf.memory().numTensors;
    const values = Float32Array.from([1, 2, 3, 4, 5, 6]);
    expect([...(await apply(f, values, [2, 1, 1, 3]))]).toEqual([2, 5]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('calls it each time on an engine that cannot repeat it', async () => {
    f.mockClear();
    await apply(f, new Float32Array(3), [1, 1, 1, 3]);
    await apply(f, new Float32Array(3), [1, 1, 1, 3]);
    expect(f).toHaveBeenCalledTimes(2);
  });
});
