import '@adfw/tfjs-gradients';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import './index.js';

/**
 * Every kernel against tfjs's own `cpu` backend: the same function of the same tensors, its value, and where it has one its
 * gradient.
 */
type Shape = readonly number[];
interface Input {
  readonly shape: Shape;
  readonly values: (index: number) => number;
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

/** Numbers that look random, and are the same every time. */
const noise =
  (scale = 1, offset = 0, seed = 1) =>
  (index: number): number => {
    const s = Math.sin((index + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return offset + scale * (2 * (s - Math.floor(s)) - 1);
  };
const floats = (shape: Shape, scale = 2, offset = 0, seed = 1): Input => ({
  shape,
  values: noise(scale, offset, seed),
});
const ints = (shape: Shape, scale = 5, offset = 0, seed = 1): Input => ({
  shape,
  values: (i) => Math.round(noise(scale, offset, seed)(i)),
  dtype: 'int32',
});
const bools = (shape: Shape, seed = 1): Input => ({
  shape,
  values: (i) => (noise(1, 0, seed)(i) > 0 ? 1 : 0),
  dtype: 'bool',
});

const tensorOf = ({ shape, values, dtype = 'float32' }: Input): tf.Tensor =>
  tf.tensor(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => values(i)),
    shape as number[],
    dtype,
  );

// biome-ignore lint/suspicious/noExplicitAny: tests call functions of all kinds.
type Program = (...tensors: any[]) => tf.Tensor | tf.Tensor[];

async function compute(backend: string, inputs: readonly Input[], program: Program) {
  await tf.setBackend(backend);
  const tensors = inputs.map(tensorOf);
  const results = [program(...tensors)].flat();
  return results.map((t) => ({ shape: t.shape, dtype: t.dtype, values: [...t.dataSync()] }));
}

function close(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const largest = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
  expected.forEach((value, i) => {
    if (!Number.isFinite(value)) expect(actual[i]).toBe(value);
    else if (!(Math.abs((actual[i] as number) - value) <= tolerance * largest)) {
      expect(actual[i], `element ${i}`).toBeCloseTo(value, 5);
    }
  });
}

async function same(inputs: readonly Input[], program: Program, tolerance = 2e-6): Promise<void> {
  const expected = await compute('cpu', inputs, program);
  const actual = await compute('onnxruntime', inputs, program);
  expect(actual.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  expected.forEach(({ values }, i) => {
    close(actual[i]?.values as number[], values, tolerance);
  });
}

/** The value, and the gradient of its sum weighted by numbers that differ, for each input. */
async function sameWithGradient(inputs: readonly Input[], program: Program, tolerance = 2e-6): Promise<void> {
  await same(inputs, program, tolerance);
  await same(
    inputs,
    (...tensors) => {
      const value = program(...tensors) as tf.Tensor;
      return tf.grads(program as (...xs: tf.Tensor[]) => tf.Tensor)(
        tensors,
        tensorOf(floats(value.shape, 1, 0, 9)),
      );
    },
    tolerance,
  );
}

describe('element-wise kernels of one tensor', () => {
  const real: [string, Input, boolean?][] = [
    ['abs', floats([2, 3])],
    ['acos', floats([7], 0.9)],
    ['acosh', floats([7], 1, 2.5)],
    ['asin', floats([7], 0.9)],
    ['asinh', floats([7])],
    ['atan', floats([7])],
    ['atanh', floats([7], 0.9)],
    ['ceil', floats([7])],
    ['cos', floats([2, 2, 2])],
    ['cosh', floats([7])],
    ['elu', floats([3, 4])],
    ['erf', floats([9])],
    ['exp', floats([9])],
    ['expm1', floats([9])],
    ['floor', floats([9])],
    ['log', floats([9], 1, 1.5)],
    ['log1p', floats([9], 0.9)],
    ['neg', floats([2, 3, 4, 5])],
    ['reciprocal', floats([5], 1, 2)],
    ['relu', floats([2, 3, 4, 5])],
    ['relu6', floats([20], 9)],
    ['round', floats([20], 3)],
    ['rsqrt', floats([5], 1, 2)],
    ['selu', floats([9])],
    ['sigmoid', floats([9], 8)],
    ['sign', floats([9])],
    ['sin', floats([9])],
    ['sinh', floats([9])],
    ['softplus', floats([9], 10)],
    ['sqrt', floats([9], 1, 1.5)],
    ['square', floats([9])],
    ['tan', floats([9], 1)],
    ['tanh', floats([9])],
    ['leakyRelu', floats([9])],
    ['logSigmoid', floats([9])],
  ];
  it('the gradient of leakyRelu is 1 above 0 and alpha elsewhere, as of any alpha', async () => {
    for (const alpha of [0, 0.2, 1.5, -0.5]) {
      await tf.setBackend('onnxruntime');
      const x = tf.tensor1d([-2, -1e-30, 0, 1e-30, 3]);
      const slope = tf.grad((y: tf.Tensor) => tf.leakyRelu(y, alpha))(x);
      const expected = [alpha, alpha, alpha, 1, 1];
      close([...slope.dataSync()], expected, 1e-6);
    }
  });
  it.each(real)('%s and its gradient', async (name, input) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    await sameWithGradient([input], (x) => op(x), 1e-5);
  });

  it.each(['abs', 'neg', 'sign', 'square', 'relu', 'relu6', 'round'])('%s of integers', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    await same([ints([3, 4])], (x) => op(x));
  });

  it('rounds halves to even numbers', async () => {
    await same([{ shape: [6], values: (i) => i - 2.5 }], (x) => tf.round(x));
  });

  it('clips', async () => {
    await sameWithGradient([floats([20], 5)], (x) => tf.clipByValue(x, -1, 2));
    await same([ints([20])], (x) => tf.clipByValue(x, -1, 2));
    await same([floats([20], 5)], (x) => tf.clipByValue(x, 0, Number.POSITIVE_INFINITY));
  });

  it('tells what is not a number from what is infinite', async () => {
    const special = [0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3];
    const input: Input = { shape: [5], values: (i) => special[i] as number };
    for (const op of [tf.isNaN, tf.isInf, tf.isFinite]) await same([input], (x) => op(x));
    await same([input], (x) => tf.step(x, 0.5));
  });

  it('steps', async () => {
    await same([floats([9])], (x) => [tf.step(x), tf.step(x, 0.25)]);
  });

  it('negates booleans', async () => {
    await same([bools([2, 5])], (x) => tf.logicalNot(x));
  });
});

describe('element-wise kernels of two tensors', () => {
  const shapes: [Shape, Shape][] = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], []],
    [[], [4]],
    [
      [2, 1, 3],
      [4, 1],
    ],
    [[2, 3, 4, 5], [5]],
    [
      [1, 1, 1, 5],
      [2, 3, 4, 1],
    ],
  ];
  it.each(['maximum', 'minimum', 'squaredDifference'])('%s and its gradient', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    for (const [a, b] of shapes) await same([floats(a), floats(b, 1, 2, 2)], (x, y) => op(x, y));
    // tfjs has no gradient of these where shapes differ.
    await sameWithGradient([floats([4, 5]), floats([4, 5], 1, 0, 2)], (x, y) => op(x, y));
  });
  it.each(['add', 'sub', 'mul', 'div'])('%s and its gradient, with broadcasting', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    for (const [a, b] of shapes) await sameWithGradient([floats(a), floats(b, 1, 2, 2)], (x, y) => op(x, y));
  });

  it('pow and its gradient', async () => {
    await sameWithGradient([floats([2, 3], 1, 1.5), floats([3], 2, 0, 2)], (x, y) => tf.pow(x, y), 1e-5);
    await same([ints([4], 3), ints([4], 1, 2)], (x, y) => tf.pow(x, y));
  });

  it.each(['floorDiv', 'mod', 'atan2', 'prelu'])('%s', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    await same([floats([4, 5], 5), floats([5], 2, 0, 2)], (x, y) => op(x, y));
  });

  it.each(['add', 'sub', 'mul', 'floorDiv', 'mod', 'maximum', 'minimum', 'squaredDifference', 'div'])(
    '%s of integers, signs of every kind',
    async (name) => {
      const op = (tf as unknown as Record<string, Program>)[name] as Program;
      const divisors: Input = { shape: [5], values: (i) => [3, -3, 2, -7, 1][i] as number, dtype: 'int32' };
      await same([ints([4, 5], 9), divisors], (x, y) => op(x, y));
    },
  );

  it.each(['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'])('%s', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    await same([ints([4, 5], 2), ints([5], 2, 0, 2)], (x, y) => op(x, y));
    await same([floats([4, 5]), floats([4, 5], 2, 0, 2)], (x, y) => op(x, y));
    await same([bools([4, 5]), bools([4, 5], 2)], (x, y) => op(x, y));
  });

  it.each(['logicalAnd', 'logicalOr', 'logicalXor'])('%s', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    await same([bools([4, 5]), bools([5], 2)], (x, y) => op(x, y));
  });

  it('sums many tensors', async () => {
    await sameWithGradient([floats([2, 3]), floats([2, 3], 1, 0, 2), floats([2, 3], 1, 0, 3)], (a, b, c) =>
      tf.addN([a, b, c]),
    );
  });

  it('atan2 on the axes', async () => {
    const [y, x] = [
      [2, -2, 0, 3, -3, 0],
      [0, 0, 1, -0, -0, -1],
    ] as [number[], number[]];
    const of = (list: number[]): Input => ({ shape: [list.length], values: (i) => list[i] as number });
    await same([of(y), of(x)], (a, b) => tf.atan2(a, b));
    // Rounding gives zeros of both signs; on the negative axis they are half a turn to the left and to the right.
    await same([of([-0.3, 0.3, -0.2, -5]), of([-1, -1, 1, -2])], (a, b) => tf.atan2(tf.round(a), b));
  });
  it('the bits of both', async () => {
    await same([ints([3, 4], 1000), ints([3, 4], 1000, 0, 2)], (a, b) => tf.bitwiseAnd(a, b));
  });
  it('chooses booleans by a condition', async () => {
    await same([bools([2, 3]), bools([2, 3], 2), bools([2, 3], 3)], (c, a, b) => tf.where(c, a, b));
  });
  it('chooses by a condition', async () => {
    await same([bools([2, 3]), floats([2, 3]), floats([2, 3], 1, 0, 2)], (c, a, b) => tf.where(c, a, b));
    await same([bools([3]), floats([2, 3]), floats([], 1, 0, 2)], (c, a, b) => tf.where(c, a, b));
  });

  it('casts', async () => {
    await same([floats([20], 5)], (x) => [tf.cast(x, 'int32'), tf.cast(x, 'bool'), tf.cast(x, 'float32')]);
    await same([ints([20])], (x) => [tf.cast(x, 'float32'), tf.cast(x, 'bool')]);
    await same([bools([20])], (x) => [tf.cast(x, 'float32'), tf.cast(x, 'int32')]);
  });

  it('mixes types', async () => {
    await same([ints([3]), floats([3])], (x, y) => [tf.add(x, y), tf.mul(x, y), tf.greater(x, y)]);
  });
});

describe('reductions', () => {
  const axes = [undefined, 0, -1, [0, 2], [1, 2, 3], [0, 1, 2]];
  it.each(['sum', 'mean', 'max', 'min'])('%s and its gradient along axes', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    for (const axis of axes) {
      await sameWithGradient([floats([2, 3, 4, 5], 1, 0.5)], (x) => op(x, axis), 1e-5);
      await same([floats([2, 3, 4, 5])], (x) => op(x, axis, true), 1e-5);
    }
  });
  it.each(['sum', 'mean', 'max', 'min', 'prod'])('%s of integers', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    await same([ints([2, 3, 4], 2)], (x) => op(x, 1));
  });
  it('prod along axes', async () => {
    for (const axis of axes) await same([floats([2, 3, 4, 5], 1, 0.5)], (x) => tf.prod(x, axis), 1e-5);
  });
  it.each(['all', 'any'])('%s', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    await same([bools([4, 3])], (x) => [op(x), op(x, 0), op(x, 1, true)].flat());
  });
  it.each(['argMax', 'argMin'])('%s: the first of equals', async (name) => {
    const op = (tf as unknown as Record<string, Program>)[name] as Program;
    for (const axis of [0, 1, 2, -1]) await same([ints([3, 4, 5], 2)], (x) => op(x, axis));
    await same([floats([3, 4, 5, 2])], (x) => op(x, 3));
  });
  it('sums booleans and what repeats', async () => {
    await same([bools([4, 3])], (x) => tf.sum(x, 0));
    await same([floats([4, 1])], (x) => tf.sum(tf.mul(x, tf.ones([4, 300])), 1));
  });
  it('moments, norms', async () => {
    await same([floats([2, 3, 4, 5])], (x) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return [mean, variance];
    });
    await sameWithGradient([floats([2, 3, 4])], (x) => tf.norm(x, 'euclidean', -1), 1e-5);
    await sameWithGradient([floats([2, 3, 4])], (x) => tf.euclideanNorm(x), 1e-5);
  });
  it('softmax and log softmax', async () => {
    await sameWithGradient([floats([3, 5])], (x) => tf.softmax(x), 1e-5);
    await sameWithGradient([floats([2, 3, 4, 5])], (x) => tf.logSoftmax(x), 1e-5);
    await sameWithGradient([floats([2, 3, 4])], (x) => tf.logSumExp(x, 1), 1e-5);
  });
  it('cumulative sums', async () => {
    for (const [exclusive, reverse] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      await sameWithGradient([floats([3, 4])], (x) => tf.cumsum(x, 1, exclusive, reverse));
      await same([ints([2, 3, 4, 2])], (x) => tf.cumsum(x, 2, exclusive, reverse));
    }
  });
  it('cumulative products', async () => {
    for (const [exclusive, reverse] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      await same([floats([3, 7])], (x) => tf.cumprod(x, 1, exclusive, reverse));
      await same([ints([5, 2], 3)], (x) => tf.cumprod(x, 0, exclusive, reverse));
      await same([floats([1])], (x) => tf.cumprod(x, 0, exclusive, reverse));
    }
  });
  it('NaN is the extreme of what holds it, and its place is never that of the extreme', async () => {
    const values = [1, Number.NaN, 3, -2, 5, 4, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
    const x: Input = { shape: [3, 3], values: (i) => values[i] as number };
    await same([x], (t) => [tf.max(t, 1), tf.min(t, 1), tf.max(t), tf.argMax(t, 1), tf.argMin(t, 1)]);
  });
  it('the largest elements', async () => {
    await same([floats([3, 7])], (x) => {
      const { values, indices } = tf.topk(x, 3);
      return [values, indices];
    });
    await same([ints([3, 7], 2)], (x) => {
      const { values, indices } = tf.topk(x, 4);
      return [values, indices];
    });
  });
});

describe('kernels that move elements', () => {
  it('reshapes and transposes', async () => {
    await sameWithGradient([floats([2, 3, 4])], (x) => tf.reshape(x, [4, -1]));
    await sameWithGradient([floats([2, 3, 4])], (x) => tf.transpose(x, [2, 0, 1]));
    await same([floats([2, 3])], (x) => [
      tf.transpose(x),
      tf.expandDims(x, 1),
      tf.squeeze(tf.expandDims(x, -1)),
    ]);
    await same([floats([2, 3, 4, 5])], (x) => tf.transpose(tf.transpose(x, [3, 1, 0, 2]), [1, 0, 3, 2]));
  });
  it('concatenates and stacks', async () => {
    for (const axis of [0, 1, -1]) {
      await sameWithGradient([floats([2, 3]), floats([2, 3], 1, 0, 2)], (a, b) => tf.concat([a, b], axis));
      await sameWithGradient([floats([2, 3]), floats([2, 3], 1, 0, 2)], (a, b) => tf.stack([a, b], axis));
    }
    await same([floats([2, 3]), floats([0, 3])], (a, b) => tf.concat([a, b], 0));
    await same([bools([2, 3]), bools([2, 3], 2)], (a, b) => tf.concat([a, b], 0));
  });
  it('slices', async () => {
    await sameWithGradient([floats([4, 5, 6])], (x) => tf.slice(x, [1, 0, 2], [2, -1, 3]));
    await same([ints([4, 5, 6])], (x) => tf.stridedSlice(x, [3, 0, 5], [0, 5, 0], [-1, 2, -3]));
    await same([floats([4, 5])], (x) => tf.stridedSlice(x, [1, 0], [3, 5], [1, 2]));
    await sameWithGradient([floats([2, 20, 20, 6])], (x) =>
      tf.slice(tf.exp(x), [0, 0, 0, 1], [2, 20, 20, 3]),
    );
    await sameWithGradient([floats([2, 5, 300])], (x) => tf.slice(x, [0, 1, 0], [2, 3, 300]));
    await same([floats([2, 5, 300])], (x) => tf.stridedSlice(x, [0, 4, 0], [2, 0, 300], [1, -2, 1]));
    // tfjs's cpu backend ignores the stride here.
    const row = tf.stridedSlice(tf.reshape(tf.range(0, 20), [4, 5]), [1, 0], [2, 5], [1, 2], 0, 0, 0, 0, 1);
    expect([...row.dataSync()]).toEqual([5, 7, 9]);
    await sameWithGradient([floats([4, 5, 2])], (x) => tf.reverse(x, [0, 2]));
    await same([floats([4])], (x) => tf.reverse(x, 0));
  });
  it('splits and unstacks', async () => {
    await same([floats([4, 6])], (x) => tf.split(x, 3, 1));
    await same([floats([4, 6])], (x) => tf.split(x, [1, 3, 2], 1));
    await same([floats([4, 6])], (x) => tf.unstack(x, 0));
    await sameWithGradient([floats([4, 6])], (x) => tf.add(...(tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor])));
  });
  it('pads', async () => {
    const paddings: [number, number][] = [
      [1, 2],
      [0, 3],
    ];
    await sameWithGradient([floats([3, 4])], (x) => tf.pad(x, paddings, 7));
    await same([ints([3, 4])], (x) => tf.pad(x, paddings, 7));
    await same([bools([3, 4])], (x) => tf.pad(x, paddings));
    await same([floats([4, 4])], (x) => tf.mirrorPad(x, paddings, 'reflect'));
    await same([floats([4, 4])], (x) => tf.mirrorPad(x, paddings, 'symmetric'));
  });
  it('tiles and broadcasts', async () => {
    await sameWithGradient([floats([2, 3])], (x) => tf.tile(x, [3, 2]));
    await sameWithGradient([floats([2, 1, 3])], (x) => tf.broadcastTo(x, [2, 4, 3]));
    await same([floats([1])], (x) => tf.tile(x, [5]));
  });
  it('gathers and scatters', async () => {
    const indices: Input = { shape: [2, 2], values: (i) => [2, 0, 1, 2][i] as number, dtype: 'int32' };
    for (const axis of [0, 1, 2]) await same([floats([3, 4, 3]), indices], (x, i) => tf.gather(x, i, axis));
    await same([floats([2, 4, 3]), indices], (x, i) => tf.gather(x, i, 2, 1));
    await same([floats([3, 3]), indices], (x, i) => tf.gatherND(x, i));
    await same([floats([4, 3])], (x) =>
      tf.grad((y: tf.Tensor) => tf.gather(y, tf.tensor1d([2, 0, 2], 'int32')))(x),
    );
    await same([floats([3, 2])], (x) =>
      tf.scatterND(tf.tensor2d([[1], [3], [1]], [3, 1], 'int32'), x, [5, 2]),
    );
    await same([floats([4, 2])], (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1, 5], 'int32'), 3));
    await same([floats([5, 2]), floats([2, 2], 1, 0, 2)], (x, updates) =>
      tf.tensorScatterUpdate(x, tf.tensor2d([[4], [1]], [2, 1], 'int32'), updates),
    );
  });
  it('gathers rows, columns and channels of what a convolution gives', async () => {
    const inputs = [floats([2, 6, 6, 16]), floats([3, 3, 16, 32], 1, 0, 2)];
    for (const [axis, indices] of [
      [3, [31, 2, 2, 16]],
      [2, [5, 0]],
      [0, [1]],
    ] as [number, number[]][])
      await sameWithGradient(
        inputs,
        (x, w) => tf.relu(tf.gather(tf.conv2d(x, w, 1, 'same'), tf.tensor1d(indices, 'int32'), axis)),
        1e-5,
      );
  });
  it('makes diagonals', async () => {
    await same([floats([3]), ints([2, 2]), bools([4])], (x, y, z) => [tf.diag(x), tf.diag(y), tf.diag(z)]);
  });
  it('moves positions to the batch, and to the channels, and back', async () => {
    const paddings = [
      [1, 2],
      [0, 2],
    ];
    await sameWithGradient([floats([2, 5, 4, 3])], (x) => tf.spaceToBatchND(x, [2, 3], paddings));
    await sameWithGradient([floats([12, 3, 4, 3])], (x) => tf.batchToSpaceND(x, [2, 3], paddings));
    await same([ints([4, 2, 3])], (x) => tf.batchToSpaceND(x, [2], [[0, 1]]));
    await same([floats([2, 3, 2, 12])], (x) => tf.depthToSpace(x, 2));
  });
  it('counts and fills', async () => {
    await same([], () => [
      tf.range(0, 5),
      tf.range(5, 0),
      tf.range(1, 2, 0.25),
      tf.range(10, 0, -3, 'int32'),
      tf.linspace(0, 1, 5),
      tf.fill([2, 3], 4),
      tf.zerosLike(tf.ones([2, 2], 'int32')),
      tf.onesLike(tf.zeros([3], 'bool')),
      tf.eye(3),
    ]);
    await same([ints([2, 3], 2)], (x) => [tf.oneHot(x, 3), tf.oneHot(x, 4, 5, -1, 'float32')]);
  });
});

describe('products', () => {
  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('matMul, transposed %s, %s', async (transposeA, transposeB) => {
    const a = floats(transposeA ? [2, 4, 3] : [2, 3, 4]);
    const b = floats(transposeB ? [2, 5, 4] : [2, 4, 5], 1, 0, 2);
    await sameWithGradient([a, b], (x, y) => tf.matMul(x, y, transposeA, transposeB), 1e-5);
    const flat = [floats(a.shape.slice(1)), floats(b.shape.slice(1))];
    await sameWithGradient(flat, (x, y) => tf.matMul(x, y, transposeA, transposeB), 1e-5);
  });
  it('broadcasts batches', async () => {
    // tfjs's cpu backend is wrong here, so each batch is multiplied alone.
    const inputs = [floats([3, 1, 2, 4]), floats([2, 4, 5])];
    const expected = await compute('cpu', inputs, (x, y) => {
      const products = tf.unstack(tf.reshape(x, [3, 2, 4]));
      return tf.stack(
        products.map((a) =>
          tf.stack(tf.unstack(y).map((b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D))),
        ),
      );
    });
    const actual = await compute('onnxruntime', inputs, (x, y) => tf.matMul(x, y));
    expect(actual[0]?.shape).toEqual([3, 2, 2, 5]);
    close(actual[0]?.values as number[], expected[0]?.values as number[], 1e-5);
  });
  it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const)(
    'fused matMul and %s',
    async (activation) => {
      const inputs = [floats([3, 4]), floats([4, 5], 1, 0, 2), floats([5], 1, 0, 3), floats([5], 1, 0, 4)];
      await same(
        inputs,
        (a, b, bias, slope) =>
          tf.fused.matMul({
            a,
            b,
            bias,
            activation,
            leakyreluAlpha: 0.3,
            ...(activation === 'prelu' && { preluActivationWeights: slope }),
          }),
        1e-5,
      );
    },
  );
  it('einsum', async () => {
    await same([floats([3, 4]), floats([4, 5])], (x, y) => tf.einsum('ij,jk->ik', x, y), 1e-5);
    await same([floats([2, 3, 4]), floats([2, 4, 5])], (x, y) => tf.einsum('bij,bjk->bik', x, y), 1e-5);
    await same([floats([3, 4])], (x) => [tf.einsum('ij->ji', x), tf.einsum('ij->i', x)], 1e-5);
  });
});

describe('convolution and pooling', () => {
  type Padding =
    | 'same'
    | 'valid'
    | number
    | [[number, number], [number, number], [number, number], [number, number]];
  const explicit = (top: number, bottom: number, left: number, right: number): Padding => [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  const cases: [Shape, Shape, number | [number, number], Padding][] = [
    [[2, 7, 7, 3], [3, 3, 3, 4], 1, 'same'],
    [[2, 7, 8, 3], [3, 3, 3, 4], 1, 'valid'],
    [[2, 8, 8, 3], [3, 3, 3, 4], 2, 'same'],
    [[2, 8, 9, 3], [3, 3, 3, 4], 2, 1],
    [[1, 9, 7, 2], [1, 1, 2, 5], 2, 0],
    [[1, 9, 9, 2], [5, 3, 2, 4], [2, 1], explicit(1, 2, 0, 1)],
    [[1, 12, 12, 3], [7, 7, 3, 4], 2, 3],
    [[2, 6, 6, 16], [3, 3, 16, 32], 1, 1],
    [[2, 7, 7, 32], [3, 3, 32, 16], 2, 1],
    [[2, 8, 8, 16], [1, 1, 16, 16], 2, 0],
    [[2, 16, 16, 3], [7, 7, 3, 16], 2, 3],
    [[3, 5, 5, 16], [3, 3, 16, 16], 1, 'valid'],
    [[2, 5, 6, 16], [2, 2, 16, 16], 3, 'valid'],
    // One window, which is the image.
    [[3, 4, 5, 6], [4, 5, 6, 7], 1, 'valid'],
    [[3, 4, 4, 16], [4, 4, 16, 32], 2, 'valid'],
    [[3, 1, 1, 16], [1, 1, 16, 5], 1, 'same'],
  ];
  it.each(cases)(
    'conv2d of %j by %j, strides %j, padding %j, and its gradients',
    async (x, filter, strides, pad) => {
      const conv: Program = (image, weights) =>
        tf.conv2d(
          image,
          weights,
          strides,
          pad as 'same',
          'NHWC',
          1,
          typeof pad === 'number' ? 'floor' : undefined,
        );
      await sameWithGradient([floats(x), floats(filter, 1, 0, 2)], conv, 1e-5);
    },
  );
  it('conv2d with dilations, and channels first', async () => {
    await same(
      [floats([2, 9, 9, 3]), floats([3, 3, 3, 4])],
      (x, w) => tf.conv2d(x, w, 1, 'same', 'NHWC', 2),
      1e-5,
    );
    await same(
      [floats([2, 9, 9, 16]), floats([3, 3, 16, 16])],
      (x, w) => tf.conv2d(x, w, 1, 2, 'NHWC', [2, 2], 'floor'),
      1e-5,
    );
    await same(
      [floats([2, 3, 8, 8]), floats([3, 3, 3, 4])],
      (x, w) => tf.conv2d(x, w, 1, 'same', 'NCHW'),
      1e-5,
    );
  });
  it('conv2dTranspose', async () => {
    await sameWithGradient(
      [floats([2, 4, 4, 3]), floats([3, 3, 5, 3])],
      (x, w) => tf.conv2dTranspose(x, w, [2, 8, 8, 5], 2, 'same'),
      1e-5,
    );
  });
  it.each(['linear', 'relu', 'leakyrelu', 'prelu'] as const)('fused conv2d and %s', async (activation) => {
    const inputs = [
      floats([2, 6, 6, 3]),
      floats([3, 3, 3, 4], 1, 0, 2),
      floats([4], 1, 0, 3),
      floats([4], 1, 0, 4),
    ];
    await same(
      inputs,
      (x, filter, bias, slope) =>
        tf.fused.conv2d({
          x,
          filter,
          strides: 1,
          pad: 'same',
          bias,
          activation,
          leakyreluAlpha: 0.3,
          ...(activation === 'prelu' && { preluActivationWeights: slope }),
        }),
      1e-5,
    );
  });
  it.each([
    [1, 1],
    [2, 1],
    [1, 3],
    [2, 2],
  ] as const)(
    'depthwise conv2d, strides %i, multiplier %i, and its gradients',
    async (strides, multiplier) => {
      await sameWithGradient(
        [floats([2, 8, 8, 4]), floats([3, 3, 4, multiplier], 1, 0, 2)],
        (x, w) => tf.depthwiseConv2d(x, w, strides, 'same'),
        1e-5,
      );
    },
  );

  it.each(['linear', 'relu6', 'prelu'] as const)('fused depthwise conv2d and %s', async (activation) => {
    const inputs = [floats([2, 6, 6, 3]), floats([3, 3, 3, 2]), floats([6], 1, 0, 3), floats([6], 1, 0, 4)];
    for (const hasBias of [true, false]) {
      await same(
        inputs,
        (x, filter, bias, slope) =>
          tf.fused.depthwiseConv2d({
            x,
            filter,
            strides: 2,
            pad: 'same',
            ...(hasBias && { bias }),
            activation,
            ...(activation === 'prelu' && { preluActivationWeights: slope }),
          }),
        1e-5,
      );
    }
  });

  const volumes: [Shape, Shape, number | [number, number, number], 'same' | 'valid'][] = [
    [[2, 4, 5, 6, 3], [2, 3, 3, 3, 4], 1, 'same'],
    [[1, 5, 6, 7, 2], [3, 2, 3, 2, 3], [2, 1, 3], 'valid'],
    [[2, 6, 6, 6, 2], [2, 3, 2, 2, 2], 2, 'same'],
  ];
  it.each(volumes)(
    'conv3d of %j with %j, strides %j, padding %s, and its gradients',
    async (x, filter, strides, pad) => {
      const conv: Program = (a, w) => tf.conv3d(a, w, strides, pad);
      await sameWithGradient([floats(x), floats(filter, 1, 0, 2)], conv, 1e-5);
    },
  );
  it.each(volumes)(
    'pooling of volumes %j in windows of %j, strides %j, padding %s, and its gradients',
    async (x, [depth, height, width], strides, pad) => {
      const size = [depth, height, width] as [number, number, number];
      // Each element is another one: tfjs's cpu backend takes the last of equals, and miscounts in windows that aren't cubes.
      const image = floats(x);
      await same([image], (a) => tf.maxPool3d(a, size, strides, pad));
      await sameWithGradient([image], (a) => tf.maxPool3d(a, 2, strides, pad));
      await sameWithGradient([image], (a) => tf.avgPool3d(a, size, strides, pad), 1e-5);
    },
  );
  it.each([true, false])('maxPoolWithArgmax, places with the sample %s', async (includeBatchInIndex) => {
    await same([floats([3, 5, 6, 4])], (x) => {
      const { result, indexes } = tf.maxPoolWithArgmax(x, [2, 3], 2, 'same', includeBatchInIndex);
      return [result, indexes] as tf.Tensor[];
    });
  });
  it.each([1, [2, 1] as [number, number]])('dilation2d by %j and its gradients', async (strides) => {
    await sameWithGradient([floats([2, 7, 8, 3]), floats([3, 2, 3], 1, 0, 2)], (x, filter) =>
      tf.dilation2d(x, filter, strides, 'same', 1),
    );
    await same([ints([1, 7, 8, 2]), ints([2, 2, 2], 2, 0, 2)], (x, filter) =>
      tf.dilation2d(x, filter, strides, 'valid', 2),
    );
  });
  it('local response normalisation and its gradient', async () => {
    for (const radius of [1, 2, 5]) {
      await sameWithGradient(
        [floats([2, 3, 2, 7])],
        (x) => tf.localResponseNormalization(x, radius, 1.5, 0.7, 0.6),
        1e-5,
      );
    }
  });

  const pools: [Shape, number | [number, number], number | [number, number], Padding][] = [
    [[2, 8, 8, 3], 2, 2, 'valid'],
    [[2, 9, 8, 3], 3, 2, 'same'],
    [[2, 9, 9, 16], 3, 2, 1],
    [[2, 8, 8, 32], 3, 2, 1],
    [[1, 8, 8, 3], [3, 2], [2, 1], 'valid'],
    [[1, 7, 7, 3], 3, 3, 'valid'],
    [[1, 8, 8, 16], 3, 1, 'same'],
  ];
  it.each(pools)(
    'maxPool of %j, %j by %j, padding %j, and its gradient',
    async (shape, size, strides, pad) => {
      const rounding = typeof pad === 'number' ? 'floor' : undefined;
      const pool: Program = (x) => tf.maxPool(x, size, strides, pad as 'same', rounding);
      await sameWithGradient([floats(shape)], pool);
      // Many equal elements: the gradient goes to the first of them.
      await sameWithGradient([{ shape, values: (i) => Math.round(noise(1)(i)) }], pool);
    },
  );
  it.each(pools)(
    'avgPool of %j, %j by %j, padding %j, and its gradient',
    async (shape, size, strides, pad) => {
      const rounding = typeof pad === 'number' ? 'floor' : undefined;
      await sameWithGradient([floats(shape)], (x) => tf.avgPool(x, size, strides, pad as 'same', rounding));
    },
  );

  it('batch normalisation and its gradients', async () => {
    const inputs = [
      floats([2, 4, 4, 16]),
      floats([16], 1, 0, 2),
      floats([16], 0.5, 1, 3),
      floats([16], 1, 0, 4),
      floats([16], 1, 1, 5),
    ];
    const norm: Program = (x, mean, variance, offset, scale) =>
      tf.batchNorm(x, mean, variance, offset, scale, 1e-5);
    await sameWithGradient(inputs, norm, 1e-5);
    await same(inputs, (x, mean, variance) => tf.batchNorm(x, mean, variance), 1e-5);
    await same([floats([5, 3]), floats([3]), floats([3], 0.5, 1)], (x, m, v) => tf.batchNorm(x, m, v), 1e-5);
    await same(
      [...inputs, floats([3, 3, 16, 16], 0.2)],
      (x, m, v, o, s, w) => tf.batchNorm(tf.conv2d(x, w, 1, 'same'), m, v, o, s, 1e-5),
      1e-5,
    );
  });

  it.each([
    [false, false],
    [true, false],
    [false, true],
  ])('resizes, corners aligned %s, half-pixel centres %s', async (alignCorners, halfPixelCenters) => {
    for (const size of [
      [8, 10],
      [3, 2],
      [1, 1],
      [4, 5],
    ] as [number, number][]) {
      const bilinear: Program = (x) => tf.image.resizeBilinear(x, size, alignCorners, halfPixelCenters);
      const nearest: Program = (x) => tf.image.resizeNearestNeighbor(x, size, alignCorners, halfPixelCenters);
      const input = [floats([2, 4, 5, 3])];
      await same(input, bilinear);
      await same(input, nearest);
    }
    for (const size of [9, 3] as const) {
      // The gradients of tfjs's cpu backend mix up height and width where they differ, and images after the first.
      if (halfPixelCenters) continue;
      const input = [floats([1, 5, 5, 3])];
      await sameWithGradient(input, (x) => tf.image.resizeBilinear(x, [size, size], alignCorners));
      await sameWithGradient(input, (x) => tf.image.resizeNearestNeighbor(x, [size, size], alignCorners));
    }
  });
  it('the gradient of resizing is its adjoint: <R x, y> = <x, Rᵀ y>', async () => {
    await tf.setBackend('onnxruntime');
    const [x, y] = [tensorOf(floats([2, 4, 7, 3])), tensorOf(floats([2, 9, 5, 3], 1, 0, 2))] as [
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const kinds = [tf.image.resizeBilinear, tf.image.resizeNearestNeighbor].flatMap((kind) =>
      [false, true].map((halfPixelCenters) => ({ kind, halfPixelCenters })),
    );
    for (const { kind, halfPixelCenters } of kinds) {
      const resize = (image: tf.Tensor4D) => kind(image, [9, 5], false, halfPixelCenters);
      const forward = tf.sum(tf.mul(resize(x), y));
      const backward = tf.sum(tf.mul(x, tf.grad(resize as (image: tf.Tensor) => tf.Tensor)(x, y)));
      expect(backward.dataSync()[0]).toBeCloseTo(forward.dataSync()[0] as number, 4);
    }
  });
});

describe('images', () => {
  const boxes: Input = {
    shape: [5, 4],
    values: (i) =>
      [0, 0, 1, 1, 0.1, 0.2, 0.7, 0.9, 0.9, 0.8, 0.2, 0.1, -0.5, 0.3, 0.5, 1.4, 0.25, 0.25, 0.75, 0.75][
        i
      ] as number,
  };
  const samples: Input = { shape: [5], values: (i) => i % 2, dtype: 'int32' };
  it.each(['bilinear', 'nearest'] as const)('crops and resizes, %s', async (method) => {
    for (const size of [
      [4, 5],
      [1, 3],
      [2, 1],
    ] as [number, number][]) {
      await same([floats([2, 6, 8, 3]), boxes, samples], (image, b, s) =>
        tf.image.cropAndResize(image, b, s, size, method, -7),
      );
    }
    await same([ints([2, 6, 8, 1], 200), boxes, samples], (image, b, s) =>
      tf.image.cropAndResize(image, b, s, [3, 3], method),
    );
  });
  it('a crop to the very edge of an image has no pixel outside of it', async () => {
    const whole: Input = { shape: [1, 4], values: (i) => [0, 0, 1, 1][i] as number };
    const only: Input = { shape: [1], values: () => 0, dtype: 'int32' };
    for (const size of [7, 11, 23, 50]) {
      await same([floats([1, 30, 29, 1]), whole, only], (image, b, s) =>
        tf.image.cropAndResize(image, b, s, [size, size], 'bilinear', 1000),
      );
    }
  });
  it('rotates and mirrors', async () => {
    await same([floats([2, 7, 5, 3])], (x) => tf.image.flipLeftRight(x));
    for (const radians of [0.3, -2, Math.PI]) {
      await same([floats([2, 7, 5, 3])], (x) => tf.image.rotateWithOffset(x, radians, 0.25, [0.3, 0.6]));
      await same([floats([1, 7, 5, 4])], (x) => tf.image.rotateWithOffset(x, radians, [1, 2, 3]));
      await same([floats([1, 6, 6, 1])], (x) => tf.image.rotateWithOffset(x, radians, 9));
    }
  });
  it('keeps the best of overlapping boxes', async () => {
    const corners: Input = {
      shape: [4, 4],
      values: (i) => [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 2, 1, 3, 0, 2.05, 1, 3][i] as number,
    };
    const scores: Input = { shape: [4], values: (i) => [0.7, 0.9, 0.6, 0.65][i] as number };
    // What is computed before they are looked at is part of the graph, whatever comes after starts another one.
    await same([corners, scores], (b, s) => {
      const kept = tf.image.nonMaxSuppression(tf.mul(b, 2), tf.sub(s, 0.1), 3, 0.5);
      return [kept, tf.gather(b, kept), tf.unique(tf.round(s)).values];
    });
  });
});

describe('convolutions and pooling that are out of the ordinary', () => {
  it('dilates the windows of a first layer', () =>
    same([floats([1, 9, 8, 3]), floats([3, 3, 3, 16])], (x, w) =>
      tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NHWC', 2),
    ));
  it('takes gradients that are the same number everywhere', () =>
    same([floats([2, 8, 8, 32]), floats([4, 4, 16, 32])], (x, w) => {
      const mean = (image: tf.Tensor) =>
        tf.mean(tf.conv2dTranspose(image as tf.Tensor4D, w as tf.Tensor4D, [2, 8, 8, 16], 1, 'same'), [1, 2]);
      return tf.grad(mean)(x);
    }));
  it('pools integers', () => same([ints([1, 6, 6, 16], 200)], (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 1)));
  it('says so where tfjs leaves out windows', () => {
    const x = tf.zeros<tf.Rank.R4>([2, 4, 9, 16]);
    expect(() => tf.maxPool(x, 3, [2, 1], 1, 'floor')).toThrow('Use equal strides');
  });
});
