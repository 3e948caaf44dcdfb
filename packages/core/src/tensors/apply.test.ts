import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { apply } from './apply.js';

beforeAll(() => tf.setBackend('cpu'));

const pixels = (...values: number[]) => Float32Array.from(values);

describe('apply', () => {
  const f = vi.fn((images: tf.Tensor4D) => [tf.mean(images, [1, 2, 3]), tf.max(images, -1)]);

  it('gives the values of each result of the function, and keeps no tensor', async () => {
    const before = tf.memory().numTensors;
    const results = await apply(f, pixels(1, 2, 3, 4, 5, 6), [2, 1, 1, 3]);
    expect(results).toEqual([pixels(2, 5), pixels(3, 6)]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('calls it each time on an engine that cannot repeat it', async () => {
    f.mockClear();
    await apply(f, new Float32Array(3), [1, 1, 1, 3]);
    await apply(f, new Float32Array(3), [1, 1, 1, 3]);
    expect(f).toHaveBeenCalledTimes(2);
  });

  it('takes what an engine repeats', async () => {
    const replay = vi.fn(async () => [pixels(7)]);
    Object.assign(tf.backend(), { replay });
    f.mockClear();
    try {
      expect(await apply(f, new Float32Array(3), [1, 1, 1, 3])).toEqual([pixels(7)]);
      expect(f).not.toHaveBeenCalled();
      replay.mockResolvedValue(null as never);
      expect(await apply(f, pixels(3, 6, 9), [1, 1, 1, 3])).toEqual([pixels(6), pixels(9)]);
    } finally {
      Object.assign(tf.backend(), { replay: undefined });
    }
  });

  it('gives the input, a constant and a tensor that is there twice as arrays of their own, and leaves them alone', async () => {
    const constant = tf.variable(tf.tensor1d([4, 5]));
    const values = pixels(1, 2, 3);
    const before = tf.memory();
    const g = (images: tf.Tensor4D) => {
      const negative = tf.neg(images);
      return [images, constant, negative, negative];
    };
    for (let time = 0; time < 2; time++) {
      const results = await apply(g, values, [1, 1, 1, 3]);
      expect(results).toEqual([pixels(1, 2, 3), pixels(4, 5), pixels(-1, -2, -3), pixels(-1, -2, -3)]);
      results.forEach((result, i) => {
        result.fill(i);
      });
      expect(results.map(([first]) => first)).toEqual([0, 1, 2, 3]);
    }
    expect(values).toEqual(pixels(1, 2, 3));
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
    constant.dispose();
  });
});
