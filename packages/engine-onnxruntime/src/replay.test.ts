import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freeze, type OnnxRuntimeBackend } from './index.js';

let engine: OnnxRuntimeBackend;
beforeAll(async () => {
  await tf.setBackend('onnxruntime');
  engine = tf.backend() as OnnxRuntimeBackend;
});
beforeEach(() => tf.disposeVariables());

const weights = () => tf.variable(tf.tensor1d([1, 2, 3]));
const images = (...values: number[]) => Float32Array.from(values);

describe('replay', () => {
  it('calls the function once for each shape, and gives what it gives', async () => {
    const w = weights();
    freeze([w]);
    const f = vi.fn((x: tf.Tensor) => tf.sum(tf.mul(tf.add(x, tf.scalar(10)), w), -1));
    expect(await engine.replay(f, images(1, 1, 1), [1, 3])).toEqual(images(66));
    expect(await engine.replay(f, images(0, 0, 1), [1, 3])).toEqual(images(63));
    expect(f).toHaveBeenCalledTimes(1);
    expect(await engine.replay(f, images(1, 1, 1, 0, 0, 0), [2, 3])).toEqual(images(66, 60));
    expect(f).toHaveBeenCalledTimes(2);
  });

  it('does not take the first input for a constant, even where all its numbers are equal', async () => {
    const f = (x: tf.Tensor) => tf.sum(tf.square(x), -1);
    expect(await engine.replay(f, new Float32Array(2048), [1, 2048])).toEqual(images(0));
    expect(await engine.replay(f, new Float32Array(2048).fill(2), [1, 2048])).toEqual(images(8192));
  });

  it('leaves alone what uses a tensor that may change', async () => {
    const w = weights();
    const f = (x: tf.Tensor) => tf.mul(x, w);
    expect(await engine.replay(f, images(1, 1, 1), [3])).toBeNull();
    // Zeros are written into graphs as constants.
    const zeros = tf.variable(tf.zeros([2048]));
    expect(await engine.replay((x) => tf.add(x, zeros), new Float32Array(2048), [2048])).toBeNull();
  });

  it('leaves alone what decides by values', async () => {
    const f = (x: tf.Tensor) => ((tf.max(x).dataSync()[0] as number) > 1 ? tf.neg(x) : tf.mul(x, 2));
    expect(await engine.replay(f, images(1, 1), [2])).toBeNull();
    expect(await engine.replay((x) => x, images(1, 1), [2])).toBeNull();
  });

  it('keeps no tensor', async () => {
    const { numTensors, numDataBuffers } = tf.memory();
    const f = (x: tf.Tensor) => tf.relu(x);
    await engine.replay(f, images(-1, 1), [2]);
    await engine.replay(f, images(-1, 1), [2]);
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  });
});
