import '@adfw/tfjs-gradients';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { configure, engineVersion, freeze, OnnxRuntimeBackend } from './index.js';
import { SessionCache } from './session/session-cache.js';

const engine = () => tf.backend() as OnnxRuntimeBackend;
beforeEach(() => tf.setBackend('onnxruntime'));

const random = (shape: number[], seed: number, scale = 1) =>
  tf.mul(tf.randomNormal(shape, 0, 1, 'float32', seed), scale);

describe('reading', () => {
  it('gives the same values synchronously and asynchronously', async () => {
    const x = tf.add(tf.tensor1d([1, 2, 3]), 1);
    expect([...(await x.data())]).toEqual([2, 3, 4]);
    expect([...x.dataSync()]).toEqual([2, 3, 4]);
  });

  it('lets others have their turn where values are awaited', async () => {
    let turns = 0;
    const turn = () => {
      turns++;
      handle = setImmediate(turn);
    };
    let handle = setImmediate(turn);
    for (let i = 0; i < 20; i++) await tf.add(tf.scalar(i), 1).data();
    clearImmediate(handle);
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('gives types as tfjs has them', () => {
    expect(tf.greater(tf.tensor1d([1, 2]), 1).dataSync()).toBeInstanceOf(Uint8Array);
    expect(tf.cast(tf.tensor1d([1.7, -1.7]), 'int32').dataSync()).toEqual(Int32Array.of(1, -1));
  });

  it('moves tensors from and to other backends', async () => {
    await tf.setBackend('cpu');
    const x = tf.tensor1d([1, 2]);
    await tf.setBackend('onnxruntime');
    const y = tf.mul(x, 2);
    await tf.setBackend('cpu');
    expect([...tf.add(y, 1).dataSync()]).toEqual([3, 5]);
  });

  it('handles empty tensors and large constants', () => {
    expect(tf.add(tf.zeros([0, 3]), 1).shape).toEqual([0, 3]);
    expect([...tf.sum(tf.ones([50, 100]), 1).dataSync()]).toEqual(new Array(50).fill(100));
    expect(tf.add(tf.ones([64, 64]), tf.zeros([64, 64])).dataSync()[4095]).toBe(1);
  });

  it('keeps strings, which no kernel takes', () => {
    const words = tf.tensor1d(['a', 'b']);
    expect([...words.dataSync()]).toEqual(['a', 'b']);
  });
});

describe('recording', () => {
  it('computes all that is alive in one run, and nothing else', () => {
    const backend = engine();
    const before = backend.sessionCount;
    const x = random([4, 4], 1);
    const y = tf.exp(x);
    const z = tf.mul(y, 3);
    tf.tidy(() => tf.matMul(z, y));
    z.dataSync();
    const compiled = backend.sessionCount;
    y.dataSync();
    expect(backend.sessionCount).toBe(compiled);
    expect(compiled).toBeGreaterThanOrEqual(before);
  });

  it('runs equal programs in one session, whatever the numbers', () => {
    const program = (n: number) => tf.tidy(() => tf.sum(tf.sin(tf.mul(tf.fill([7], 0.5), n))).dataSync()[0]);
    program(1);
    program(2);
    const count = engine().sessionCount;
    for (let n = 3; n < 8; n++) expect(program(n)).toBeCloseTo(7 * Math.sin(n / 2), 5);
    expect(engine().sessionCount).toBe(count);
  });

  it('is given no array of ones or zeros for a gradient', () => {
    const given = vi.spyOn(engine(), 'write');
    const x = random([64, 64], 1);
    const largest = () => Math.max(0, ...given.mock.calls.map(([values]) => values?.length ?? 0));
    given.mockClear();
    tf.grad((y: tf.Tensor) => tf.add(tf.sum(y), tf.mean(tf.slice(y, [0, 0], [8, 64]))))(x).dataSync();
    expect(largest()).toBeLessThan(64);
    given.mockRestore();
  });

  it('takes attributes that JSON does not know apart', () => {
    const x = tf.tensor1d([-1, 5]);
    const clip = (max: number) => [...tf.clipByValue(x, Number.NEGATIVE_INFINITY, max).dataSync()];
    expect(clip(Number.POSITIVE_INFINITY)).toEqual([-1, 5]);
    expect(clip(2)).toEqual([-1, 2]);
    expect([...tf.clipByValue(x, 0, Number.POSITIVE_INFINITY).dataSync()]).toEqual([0, 5]);
  });

  it('computes by itself before a program that never reads has recorded too much', () => {
    const backend = new OnnxRuntimeBackend({ pendingNodes: 50 });
    tf.registerBackend('short', () => backend);
    for (const config of tf.getKernelsForBackend('onnxruntime')) {
      tf.registerKernel({ ...config, backendName: 'short' });
    }
    tf.setBackend('short');
    let x: tf.Tensor = tf.scalar(0);
    for (let i = 0; i < 500; i++) x = tf.tidy(() => tf.add(x, 1));
    expect(backend.sessionCount).toBeGreaterThan(0);
    expect(x.dataSync()[0]).toBe(500);
    tf.setBackend('onnxruntime');
    tf.removeBackend('short');
  });

  it('times what a function records', async () => {
    const x = random([300, 300], 1);
    const { kernelMs } = (await tf.time(() =>
      tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D),
    )) as tf.TimingInfo;
    expect(kernelMs).toBeGreaterThan(0);
  });
});

describe('disposal', () => {
  it('frees what is disposed, pending or computed', () => {
    const before = engine().numDataIds();
    tf.tidy(() => {
      const x = random([8], 1);
      tf.relu(tf.add(x, 1)).dataSync();
      tf.exp(x);
    });
    expect(engine().numDataIds()).toBe(before);
  });

  it('keeps data that a view or a pending node still needs', () => {
    const x = random([2, 3], 1);
    const expected = [...x.dataSync()];
    const view = tf.reshape(x, [6]);
    const doubled = tf.mul(x, 2);
    x.dispose();
    expect([...view.dataSync()]).toEqual(expected);
    expect([...tf.reshape(doubled, [6]).dataSync()]).toEqual(expected.map((v) => Math.fround(v * 2)));
  });

  it('leaves no more tensors after many steps than after one', () => {
    const weights = tf.variable(random([3, 3, 16, 16], 1, 0.1)) as tf.Variable<tf.Rank.R4>;
    const image = random([2, 8, 8, 16], 2) as tf.Tensor4D;
    const optimizer = tf.train.momentum(0.01, 0.9);
    const step = () =>
      optimizer.minimize(() => tf.mean(tf.square(tf.relu(tf.conv2d(image, weights, 1, 'same')))), false, [
        weights,
      ]);
    const counts = Array.from({ length: 20 }, () => {
      step();
      weights.dataSync();
      return engine().numDataIds();
    });
    expect(counts.slice(2)).toEqual(counts.slice(2).fill(counts[2] as number));
    expect(engine().sessionCount).toBeLessThan(64);
  });

  it('compiles the first step of a training as all others, though its momentum is zero and its scales are one', () => {
    const keys = vi.spyOn(SessionCache.prototype, 'get');
    const weights = tf.variable(random([40, 40], 1)) as tf.Variable<tf.Rank.R2>;
    const scale = tf.variable(tf.ones([40, 40])) as tf.Variable<tf.Rank.R2>;
    const x = random([2, 40], 2) as tf.Tensor2D;
    for (const tensor of [weights, x]) tensor.dataSync();
    keys.mockClear();
    const optimizer = tf.train.momentum(0.01, 0.9);
    for (let step = 0; step < 3; step++) {
      const loss = () => tf.mean<tf.Scalar>(tf.square(tf.matMul(x, tf.mul(weights, scale))));
      optimizer.minimize(loss, false, [weights, scale]);
      tf.tidy(() => tf.add(weights, scale).dataSync());
    }
    const [step, sum, ...others] = keys.mock.calls.map(([key]) => key);
    keys.mockRestore();
    expect(others).toEqual([step, sum, step, sum]);
  });

  it('compiles a loop that reads nothing once, however many steps it takes', () => {
    const keys = vi.spyOn(SessionCache.prototype, 'get');
    const weights = tf.variable(random([4, 4], 1)) as tf.Variable<tf.Rank.R2>;
    const samples = random([12, 4], 2) as tf.Tensor2D;
    for (const tensor of [weights, samples]) tensor.dataSync();
    keys.mockClear();
    const optimizer = tf.train.sgd(0.01);
    for (let batch = 0; batch < 12; batch += 2) {
      const loss = () =>
        tf.mean<tf.Scalar>(tf.square(tf.matMul(tf.slice(samples, [batch, 0], [2, 4]), weights)));
      optimizer.minimize(loss, false, [weights]);
    }
    weights.dataSync();
    const asked = keys.mock.calls.map(([key]) => key);
    keys.mockRestore();
    expect(asked).toHaveLength(6);
    expect(new Set(asked).size).toBe(1);
  });
});

describe('freezing', () => {
  const conv = (x: tf.Tensor4D, w: tf.Tensor4D, vectors: tf.Tensor1D[]) => {
    const [mean, variance, offset, scale] = vectors as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
    return tf.relu(tf.batchNorm(tf.conv2d(x, w, 1, 'same'), mean, variance, offset, scale, 1e-5));
  };

  it('changes no result', () => {
    const x = random([2, 8, 8, 16], 1) as tf.Tensor4D;
    const w = random([3, 3, 16, 32], 2, 0.1) as tf.Tensor4D;
    const vectors = [3, 4, 5, 6].map((seed) => tf.abs(random([32], seed)) as tf.Tensor1D);
    const expected = conv(x, w, vectors).dataSync();
    freeze([w, ...vectors]);
    const actual = conv(x, w, vectors).dataSync();
    expect(actual.length).toBe(expected.length);
    expected.forEach((value, i) => {
      expect(actual[i]).toBeCloseTo(value, 4);
    });
  });

  it('is part of what a session is compiled for, and ends with the tensor', () => {
    const x = tf.tensor1d([1, 2]);
    const [a, b] = [tf.tensor1d([10, 20]), tf.tensor1d([30, 40])];
    freeze([a, b]);
    expect([...tf.add(x, a).dataSync()]).toEqual([11, 22]);
    expect([...tf.add(x, b).dataSync()]).toEqual([31, 42]);
    expect([...tf.add(x, a).dataSync()]).toEqual([11, 22]);
    const count = engine().sessionCount;
    a.dispose();
    expect(engine().sessionCount).toBeLessThan(count);
    expect([...tf.add(x, b).dataSync()]).toEqual([31, 42]);
  });

  it('computes what is pending', () => {
    const w = tf.mul(tf.tensor1d([1, 2]), 3);
    freeze([w]);
    expect([...tf.add(w, 1).dataSync()]).toEqual([4, 7]);
  });

  it('says so where the backend is another one', async () => {
    await tf.setBackend('cpu');
    expect(() => freeze([tf.scalar(1)])).toThrow("call tf.setBackend('onnxruntime') first");
  });
});

describe('what goes wrong', () => {
  it('names a kernel that is not there, and the engine', () => {
    expect(() => tf.complex([1, 2], [0, 0])).toThrow(
      "Kernel 'Complex' not registered for backend 'onnxruntime'",
    );
    expect(() => tf.string.stringToHashBucketFast(['a'], 2)).toThrow(
      "Kernel 'StringToHashBucketFast' not registered for backend 'onnxruntime'",
    );
  });

  it('says which kernels ONNX Runtime could not run, and why', () => {
    const x = tf.tensor2d([[1], [2]]);
    expect(() => tf.gatherND(x, tf.tensor2d([[7, 0]], [1, 2], 'int32')).dataSync()).toThrow(
      /ONNX Runtime could not run the kernels GatherNd.*invalid index/i,
    );
  });

  it('refuses strings and other types by name', () => {
    expect(() => tf.engine().runKernel('Reverse', { x: tf.tensor1d(['a']) }, { dims: [0] })).toThrow(
      'engine computes float32, int32 and bool; Slice was given string',
    );
    expect(() => tf.engine().runKernel('Cast', { x: tf.scalar(1) }, { dtype: 'string' })).toThrow(
      'not string',
    );
  });

  it('refuses options it cannot use, and options that come too late', () => {
    expect(() => configure({ threads: 0 })).toThrow('threads is 0; it must be a positive integer');
    const { threads, provider } = engineVersion();
    expect(() => configure({ threads: threads + 1 })).toThrow(
      `in use already, with threads ${threads} and not ${threads + 1}`,
    );
    expect(() => configure({ threads, provider })).not.toThrow();
  });
});

it('says what computes', () => {
  const { name, version, provider, threads } = engineVersion();
  expect([name, provider]).toEqual(['onnxruntime', 'cpu']);
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(threads).toBeGreaterThan(0);
});
