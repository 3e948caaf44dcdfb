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
    const f = vi.fn((x: tf.Tensor) => [tf.sum(tf.mul(tf.add(x, tf.scalar(10)), w), -1)]);
    expect(await engine.replay(f, images(1, 1, 1), [1, 3])).toEqual([images(66)]);
    expect(await engine.replay(f, images(0, 0, 1), [1, 3])).toEqual([images(63)]);
    expect(f).toHaveBeenCalledTimes(1);
    expect(await engine.replay(f, images(1, 1, 1, 0, 0, 0), [2, 3])).toEqual([images(66, 60)]);
    expect(f).toHaveBeenCalledTimes(2);
  });

  it('gives several results of one run, in their order', async () => {
    const f = vi.fn((x: tf.Tensor) => {
      const maps = tf.square(x);
      return [tf.max(maps, -1), maps];
    });
    const first = engine.replay(f, images(1, -3, 2, 0), [2, 2]);
    const second = engine.replay(f, images(0, 1, -5, 2), [2, 2]);
    expect(await first).toEqual([images(9, 4), images(1, 9, 4, 0)]);
    expect(await second).toEqual([images(1, 25), images(0, 1, 25, 4)]);
    expect(f).toHaveBeenCalledTimes(1);
  });

  it('gives the rows of results whatever they lie in memory like', async () => {
    const filter = tf.variable(tf.randomNormal<tf.Rank.R4>([3, 3, 3, 32], 0, 1, 'float32', 1));
    freeze([filter]);
    const x = tf.randomNormal<tf.Rank.R4>([1, 6, 6, 3], 0, 1, 'float32', 2);
    const f = (y: tf.Tensor) => {
      const features = tf.relu(tf.conv2d(y as tf.Tensor4D, filter, 1, 'same'));
      return [features, tf.transpose(features, [0, 3, 1, 2]), tf.reshape(features, [-1])];
    };
    const expected = f(x).map((result) => result.dataSync());
    for (const _ of ['recorded', 'repeated'])
      expect(await engine.replay(f, x.dataSync<'float32'>(), x.shape)).toEqual(expected);
  });

  it('gives the input, and constants, where they are results', async () => {
    const w = weights();
    freeze([w]);
    const f = (x: tf.Tensor) => [x, w, tf.tensor1d([4, 5]), tf.reshape(x, [2]), tf.neg(x)];
    for (const x of [images(1, 2), images(3, 4)])
      expect(await engine.replay(f, x, [2, 1])).toEqual([
        x,
        images(1, 2, 3),
        images(4, 5),
        x,
        x.map((v) => -v),
      ]);
  });

  it('repeats what takes rows of its input', async () => {
    const f = vi.fn((x: tf.Tensor) => [tf.neg(tf.slice(x, [1, 0], [1, 2]))]);
    for (const x of [images(1, 2, 3, 4), images(5, 6, 7, 8)])
      expect(await engine.replay(f, x, [2, 2])).toEqual([images(-(x[2] as number), -(x[3] as number))]);
    expect(f).toHaveBeenCalledTimes(1);
  });

  it('refuses rows of data that may change', async () => {
    const w = weights();
    expect(await engine.replay((x) => [tf.add(x, tf.slice(w, [1], [2]))], images(1, 2), [2])).toBeNull();
  });

  it('gives the same tensor twice', async () => {
    const f = (x: tf.Tensor) => {
      const y = tf.square(x);
      return [y, tf.sum(y), y];
    };
    for (const x of [images(1, 2), images(3, 4)]) {
      const squares = x.map((v) => v * v);
      expect(await engine.replay(f, x, [2])).toEqual([
        squares,
        images((squares[0] as number) + (squares[1] as number)),
        squares,
      ]);
    }
  });

  it('gives arrays that may be written to', async () => {
    const w = weights();
    freeze([w]);
    const f = (x: tf.Tensor) => {
      const y = tf.mul(x, w);
      return [y, y, w, x, x];
    };
    const x = images(1, 1, 1);
    const results = (await engine.replay(f, x, [3])) as Float32Array[];
    results.forEach((values, i) => {
      values.fill(i);
    });
    expect(results.map(([value]) => value)).toEqual([0, 1, 2, 3, 4]);
    expect(x).toEqual(images(1, 1, 1));
    expect(await engine.replay(f, x, [3])).toEqual([images(1, 2, 3), images(1, 2, 3), images(1, 2, 3), x, x]);
  });

  it('does not take the first input for a constant, even where all its numbers are equal', async () => {
    const f = (x: tf.Tensor) => [tf.sum(tf.square(x), -1)];
    expect(await engine.replay(f, new Float32Array(2048), [1, 2048])).toEqual([images(0)]);
    expect(await engine.replay(f, new Float32Array(2048).fill(2), [1, 2048])).toEqual([images(8192)]);
  });

  it('takes frozen tensors for constants, also those that are written into graphs', async () => {
    const zeros = tf.zeros([2048]);
    freeze([zeros]);
    const x = new Float32Array(2048).fill(3);
    expect(await engine.replay((y) => [tf.add(y, zeros), zeros], x, [2048])).toEqual([
      x,
      new Float32Array(2048),
    ]);
  });

  it('leaves alone what uses a tensor that may change', async () => {
    const w = weights();
    expect(await engine.replay((x) => [tf.mul(x, w)], images(1, 1, 1), [3])).toBeNull();
    expect(await engine.replay((x) => [tf.neg(x), w], images(1, 1, 1), [3])).toBeNull();
    // Zeros are written into graphs as constants.
    const zeros = tf.variable(tf.zeros([2048]));
    expect(await engine.replay((x) => [tf.add(x, zeros)], new Float32Array(2048), [2048])).toBeNull();
  });

  it('leaves alone what decides by values', async () => {
    const f = (x: tf.Tensor) => ((tf.max(x).dataSync()[0] as number) > 1 ? [tf.neg(x)] : [tf.mul(x, 2)]);
    expect(await engine.replay(f, images(1, 1), [2])).toBeNull();
    const g = (x: tf.Tensor) => ((x.dataSync()[0] as number) > 1 ? [tf.neg(x)] : [tf.mul(x, 2)]);
    expect(await engine.replay(g, images(1, 1), [2])).toBeNull();
  });

  it('leaves alone what is computed on the host', async () => {
    const f = (x: tf.Tensor) => [tf.add(x, tf.unique(x as tf.Tensor1D).values)];
    expect(await engine.replay(f, images(1, 2), [2])).toBeNull();
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor[]]>([
    ['nothing', () => []],
    ['its input alone', (x) => [x]],
    ['a constant alone', () => [tf.ones([2])]],
    ['integers', (x) => [tf.argMax(x)]],
  ])('leaves alone a function that gives %s', async (_, f) => {
    expect(await engine.replay(f, images(1, 2), [2])).toBeNull();
  });

  it('keeps no tensor', async () => {
    const w = weights();
    freeze([w]);
    const { numTensors, numDataBuffers } = tf.memory();
    const f = (x: tf.Tensor) => [tf.relu(x), x, w, tf.scalar(2)];
    await engine.replay(f, images(-1, 1), [2]);
    await engine.replay(f, images(-1, 1), [2]);
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect(w.isDisposed).toBe(false);
  });

  it('keeps nothing of a function that throws', async () => {
    const fails = () => {
      throw new Error('no');
    };
    await expect(engine.replay(fails, images(1), [1])).rejects.toThrow('no');
    // What is made from now on is not taken for what the function makes.
    const w = weights();
    expect(await engine.replay((x) => [tf.mul(x, w)], images(1, 1, 1), [3])).toBeNull();
  });
});
