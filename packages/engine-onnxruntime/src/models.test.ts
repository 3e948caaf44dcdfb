/**
 * What kinds of models compute, in small: each function of images against tfjs's cpu backend, as the engine runs it, as it replays it,
 * and as an exported model; where such a model is trained, its gradients too.
 */
import '@adfw/tfjs-gradients';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { exportModel, freeze, type OnnxRuntimeBackend } from './index.js';

/** A function of images `[N, 8, 8, 4]` and of what the model has learnt. */
interface Computation {
  readonly weights?: readonly (readonly number[])[];
  // biome-ignore lint/suspicious/noExplicitAny: weights are of all ranks.
  f(images: tf.Tensor4D, ...weights: any[]): readonly tf.Tensor[];
  /** How many images its gradients are compared for; missing where nothing of it is trained. */
  readonly trained?: number;
  readonly tolerance?: number;
}

const SIZE = [8, 8, 4] as const;
const random = (shape: readonly number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape as number[], 0, 1, 'float32', seed);

const patches = (x: tf.Tensor4D) => tf.reshape(x, [x.shape[0], -1, x.shape[3]]) as tf.Tensor3D;
const asMap = (values: tf.Tensor, x: tf.Tensor4D) => tf.reshape(values, x.shape.slice(0, 3));
const floats = (x: tf.Tensor) => tf.cast(x, 'float32');

/** `[..., M]`, squared distances of vectors `[..., D]` to a bank `[M, D]`. */
function squaredDistances(vectors: tf.Tensor, bank: tf.Tensor2D): tf.Tensor {
  const rows = tf.reshape(vectors, [-1, bank.shape[1]]) as tf.Tensor2D;
  const squares = tf.sub(
    tf.add(tf.sum(tf.square(rows), 1, true), tf.sum(tf.square(bank), 1)),
    tf.mul(tf.matMul(rows, bank, false, true), 2),
  );
  return tf.relu(tf.reshape(squares, [...vectors.shape.slice(0, -1), bank.shape[0]]));
}

const nearest = (squares: tf.Tensor, k: number) => {
  const { values, indices } = tf.topk(tf.neg(squares), k);
  return { squares: tf.neg(values), indices };
};

const conv = (x: tf.Tensor, filter: tf.Tensor4D, strides = 1) =>
  tf.conv2d(x as tf.Tensor4D, filter, strides, 'same');

/** One affine coupling of a flow and log |det J| a position. */
function coupling(x: tf.Tensor4D, first: tf.Tensor4D, second: tf.Tensor4D): [tf.Tensor4D, tf.Tensor3D] {
  const [kept, moved] = tf.split(x, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
  const [scale, shift] = tf.split(conv(tf.relu(conv(kept, first)), second), 2, 3) as [tf.Tensor, tf.Tensor];
  const log = tf.mul(tf.tanh(scale), 1.9);
  return [tf.concat([kept, tf.add(tf.mul(moved, tf.exp(log)), shift)], 3), tf.sum(log, 3)];
}

/** A Gaussian window for each of `channels`. */
function smoothed(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / 2));
  const total = weights.reduce((sum, weight) => sum + weight);
  const line = tf.tensor1d(weights.map((weight) => weight / total));
  const along = (shape: [number, number, number, number]) =>
    tf.tile(tf.reshape(line, shape), [1, 1, x.shape[3], 1]) as tf.Tensor4D;
  const columns = tf.depthwiseConv2d(x, along([size, 1, 1, 1]), 1, 'valid');
  return tf.depthwiseConv2d(columns, along([1, size, 1, 1]), 1, 'valid');
}

/** Structural similarity, for data of range 1. */
function similarity(x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor {
  const mean = (z: tf.Tensor4D) => smoothed(z, 5);
  const [mx, my] = [mean(x), mean(y)];
  const [xx, yy, xy] = [
    tf.sub(mean(tf.square(x)), tf.square(mx)),
    tf.sub(mean(tf.square(y)), tf.square(my)),
    tf.sub(mean(tf.mul(x, y)), tf.mul(mx, my)),
  ];
  const [c1, c2] = [1e-4, 9e-4];
  const above = tf.mul(tf.add(tf.mul(tf.mul(mx, my), 2), c1), tf.add(tf.mul(xy, 2), c2));
  const below = tf.mul(tf.add(tf.add(tf.square(mx), tf.square(my)), c1), tf.add(tf.add(xx, yy), c2));
  return tf.div(above, below);
}

function layerNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-6))), scale), offset);
}

const gelu = (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

const computations: Record<string, Record<string, Computation>> = {
  'nearest neighbours': {
    'distances to the nearest of a bank': {
      weights: [[23, 4]],
      f: (x, bank) => {
        const { squares } = nearest(squaredDistances(patches(x), bank), 1);
        const maps = asMap(tf.sqrt(squares), x);
        return [tf.max(maps, [1, 2]), maps];
      },
    },
    'the mean of sixteen neighbours, and which they are': {
      weights: [[23, 4]],
      f: (x, bank) => {
        const { squares, indices } = nearest(squaredDistances(patches(x), bank), 16);
        return [asMap(tf.mean(tf.sqrt(squares), -1), x), floats(indices)];
      },
    },
    'a score reweighted by the neighbours of the nearest': {
      weights: [[23, 4]],
      f: (x, bank) => {
        const vectors = patches(x);
        const squares = squaredDistances(vectors, bank);
        const distances = tf.sqrt(tf.min(squares, -1));
        const patch = tf.argMax(distances, 1);
        const highest = tf.max(distances, 1);
        const vector = tf.gather(vectors, patch, 1, 1);
        const match = tf.gather(tf.argMin(squares, -1), patch, 1, 1);
        const { indices } = nearest(squaredDistances(tf.gather(bank, match), bank), 3);
        const around = tf.gather(bank, indices) as tf.Tensor3D;
        const others = tf.sqrt(tf.sum(tf.square(tf.sub(around, tf.expandDims(vector, 1))), -1));
        const weight = tf.sub(1, tf.exp(tf.sub(highest, tf.logSumExp(others, 1))));
        return [tf.mul(weight, highest), asMap(distances, x)];
      },
    },
    'squared differences to every centre': {
      weights: [[5, 4]],
      f: (x, centres) => {
        const differences = tf.squaredDifference(tf.expandDims(patches(x), 2), centres);
        const squares = tf.sum(differences, -1);
        return [asMap(tf.min(squares, 2), x), floats(tf.argMin(squares, 2))];
      },
    },
    'sums by the nearest centre': {
      weights: [[5, 4]],
      f: (x, centres) => {
        const vectors = patches(x);
        const member = tf.oneHot(tf.argMin(squaredDistances(vectors, centres), -1) as tf.Tensor2D, 5);
        return [tf.matMul(floats(member) as tf.Tensor3D, vectors, true), floats(tf.sum(member, 1))];
      },
    },
    'vectors of neighbouring positions': {
      f: (x) => {
        const pooled = tf.avgPool(x, 3, 1, 'same');
        const deeper = tf.image.resizeBilinear(tf.avgPool(x, 2, 2, 'valid'), [8, 8], false, true);
        return [tf.concat([pooled, deeper], 3)];
      },
    },
  },
  'Gaussians at positions': {
    'distances by whitening matrices': {
      weights: [
        [64, 3],
        [64, 3, 3],
      ],
      f: (x, mean, whitening) => {
        const chosen = tf.gather(x, tf.tensor1d([3, 0, 2], 'int32'), 3) as tf.Tensor4D;
        const centred = tf.transpose(tf.sub(patches(chosen), mean), [1, 2, 0]) as tf.Tensor3D;
        const distances = tf.sqrt(tf.sum(tf.square(tf.matMul(whitening as tf.Tensor3D, centred)), 1));
        const maps = asMap(tf.transpose(distances), x);
        return [tf.max(maps, [1, 2]), maps];
      },
    },
    'sums of outer products': {
      f: (x) => {
        const columns = tf.transpose(patches(x), [1, 0, 2]) as tf.Tensor3D;
        const sums = tf.matMul(columns, columns, true, false);
        return [tf.sum(columns, 0), tf.sum(sums, 0)];
      },
    },
    'every other channel': {
      f: (x) => [tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, 1, 1, 2]), tf.gather(x, [1, 3], -1)],
    },
    'the distance of an embedding': {
      weights: [[4], [4, 4]],
      f: (x, mean, whitening) => [
        tf.norm(tf.matMul(tf.sub(tf.mean(x, [1, 2]), mean) as tf.Tensor2D, whitening as tf.Tensor2D), 2, 1),
      ],
    },
  },
  flows: {
    'couplings with reversed and permuted channels, and their likelihood': {
      trained: 2,
      tolerance: 1e-4,
      weights: [
        [3, 3, 2, 6],
        [3, 3, 6, 4],
        [1, 1, 2, 6],
        [1, 1, 6, 4],
      ],
      f: (x, ...[a, b, c, d]) => {
        const small = (w: tf.Tensor) => tf.mul(w, 0.2) as tf.Tensor4D;
        const [first, firstLog] = coupling(x, small(a), small(b));
        const [second, secondLog] = coupling(tf.reverse(first, 3), small(c), small(d));
        const permuted = tf.gather(second, tf.tensor1d([2, 0, 3, 1], 'int32'), 3);
        const log = tf.sub(tf.add(firstLog, secondLog), tf.mul(tf.sum(tf.square(permuted), 3), 0.5));
        return [tf.neg(tf.mean(log, [1, 2])), tf.neg(tf.exp(log))];
      },
    },
    'a scale that is never zero': {
      trained: 2,
      weights: [[4], [4]],
      f: (x, scale, offset) => {
        const positive = tf.mul(tf.softplus(scale), 0.2);
        const moved = tf.mul(tf.add(x, offset), positive);
        return [tf.add(moved, tf.sum(tf.log(positive)))];
      },
    },
    'clamped logarithms, cut and joined channels': {
      trained: 2,
      f: (x) => {
        const left = tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 1]);
        const right = tf.slice(x, [0, 0, 0, 1], [-1, -1, -1, 3]);
        const log = tf.neg(tf.softplus(tf.mul(tf.atan(right), -0.636)));
        return [tf.concat([log, tf.clipByValue(left, -1, 1), tf.log(tf.add(tf.abs(left), 1))], 3)];
      },
    },
    'a position told by sines': {
      trained: 2,
      weights: [[1, 1, 6, 2]],
      f: (x, filter) => {
        const [n] = x.shape;
        const place = tf.reshape(tf.linspace(0, Math.PI, 64), [1, 8, 8, 1]);
        const code = tf.tile(tf.concat([tf.sin(place), tf.cos(place)], 3), [n, 1, 1, 1]);
        return [conv(tf.concat([x, code], 3), filter)];
      },
    },
    checkerboards: {
      trained: 2,
      f: (x) => {
        const [n, h, w, c] = x.shape;
        const cells = tf.reshape(x, [n, h / 2, 2, w / 2, 2, c]);
        const squeezed = tf.reshape(tf.transpose(cells, [0, 1, 3, 2, 4, 5]), [n, h / 2, w / 2, 4 * c]);
        const [even, odd] = tf.split(squeezed, 2, 3) as [tf.Tensor, tf.Tensor];
        return [tf.stack([tf.tanh(even), tf.exp(odd)], 1)];
      },
    },
  },
  autoencoders: {
    'transposed convolutions': {
      trained: 2,
      weights: [
        [4, 4, 4, 8],
        [4, 4, 3, 8],
      ],
      f: (x, down, up) => {
        const code = tf.leakyRelu(conv(x, down, 2), 0.2) as tf.Tensor4D;
        return [tf.sigmoid(tf.conv2dTranspose(code, tf.mul(up, 0.1), [x.shape[0], 8, 8, 3], 2, 'same'))];
      },
    },
    'transposed convolutions to odd sizes': {
      trained: 2,
      weights: [[3, 3, 5, 4]],
      f: (x, up) => [tf.conv2dTranspose(x, up, [x.shape[0], 15, 15, 5], 2, 'same')],
    },
    // The gradients of resizing of tfjs's cpu backend are right for one square image.
    'nearest pixels': {
      trained: 1,
      weights: [[3, 3, 4, 3]],
      f: (x, filter) => [conv(tf.image.resizeNearestNeighbor(tf.avgPool(x, 2, 2, 'valid'), [8, 8]), filter)],
    },
    'nearest pixels, half-pixel centres': {
      f: (x) => [tf.image.resizeNearestNeighbor(x, [13, 13], false, true)],
    },
    'pixels between': {
      trained: 1,
      weights: [[3, 3, 4, 3]],
      f: (x, filter) => [conv(tf.image.resizeBilinear(tf.maxPool(x, 2, 2, 'valid'), [9, 9], true), filter)],
    },
    'pixels between, half-pixel centres': {
      f: (x) => [tf.image.resizeBilinear(x, [13, 11], false, true)],
    },
    pooling: {
      trained: 2,
      f: (x) => [tf.avgPool(x, 3, 2, 'valid'), tf.maxPool(x, 3, 2, 'same'), tf.avgPool(x, 8, 8, 'valid')],
    },
    // tfjs's gradient of it divides by the size of the whole window.
    'averages of windows over the edge': { f: (x) => [tf.avgPool(x, 3, 2, 'same')] },
    'normalisation of each image': {
      trained: 2,
      weights: [[4], [4]],
      f: (x, scale, offset) => {
        const { mean, variance } = tf.moments(x, [1, 2], true);
        return [tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), offset)];
      },
    },
    'a bottleneck': {
      trained: 2,
      weights: [
        [256, 5],
        [5, 256],
      ],
      f: (x, down, up) => {
        const code = tf.elu(tf.matMul(tf.reshape(x, [x.shape[0], -1]), down));
        const restored = tf.reshape(tf.matMul(code, up), x.shape) as tf.Tensor4D;
        return [tf.mean(tf.square(tf.sub(x, restored)), 3)];
      },
      tolerance: 1e-5,
    },
    'attention to a memory': {
      trained: 2,
      weights: [[7, 4]],
      f: (x, memory) => {
        const weight = tf.softmax(tf.matMul(tf.reshape(x, [-1, 4]), memory, false, true));
        const shrunk = tf.div(
          tf.mul(tf.relu(tf.sub(weight, 0.1)), weight),
          tf.add(tf.abs(tf.sub(weight, 0.1)), 1e-6),
        );
        return [tf.reshape(tf.matMul(shrunk, memory), x.shape)];
      },
    },
  },
  'structural similarity': {
    'of an image and its reconstruction': {
      trained: 2,
      tolerance: 1e-4,
      weights: [[3, 3, 4, 4]],
      f: (x, filter) => [similarity(tf.sigmoid(x), tf.sigmoid(conv(x, filter)) as tf.Tensor4D)],
    },
    // tfjs's gradient of it leaves out what is mirrored.
    'with mirrored edges': {
      f: (x) => [
        smoothed(
          tf.mirrorPad(
            x,
            [
              [0, 0],
              [2, 2],
              [2, 2],
              [0, 0],
            ],
            'reflect',
          ),
          5,
        ),
      ],
    },
    'of gradients': {
      trained: 2,
      f: (x) => {
        const sobel = tf.tile(tf.tensor4d([1, 0, -1, 2, 0, -2, 1, 0, -1], [3, 3, 1, 1]), [1, 1, 4, 1]);
        const [h, v] = [sobel, tf.transpose(sobel, [1, 0, 2, 3])].map((filter) =>
          tf.depthwiseConv2d(x, filter as tf.Tensor4D, 1, 'same'),
        ) as [tf.Tensor, tf.Tensor];
        return [tf.sqrt(tf.add(tf.add(tf.square(h), tf.square(v)), 1e-3))];
      },
    },
  },
  'hard features and one class': {
    'the mean of the highest values': {
      f: (x) => [tf.mean(tf.topk(tf.reshape(x, [x.shape[0], -1]), 200).values, 1)],
    },
    'a loss of the values above a quantile': {
      trained: 1,
      weights: [[3, 3, 4, 4]],
      f: (x, filter) => {
        const [n] = x.shape;
        const squares = tf.square(tf.reshape(conv(x, filter), [n, -1]));
        // No gradient goes through the quantile.
        const quantile = tf.customGrad((y) => ({
          value: tf.slice(tf.topk(y as tf.Tensor, 9).values, [0, 8], [-1, 1]),
          gradFunc: () => tf.zerosLike(y as tf.Tensor),
        }))(squares);
        const hard = floats(tf.greaterEqual(squares, quantile));
        return [tf.div(tf.sum(tf.mul(squares, hard), 1), tf.sum(hard, 1))];
      },
    },
    'distance to a centre': {
      trained: 2,
      weights: [[3, 3, 4, 6], [6]],
      f: (x, filter, centre) => [
        tf.sum(tf.square(tf.sub(tf.mean(tf.leakyRelu(conv(x, filter)), [1, 2]), centre)), 1),
      ],
    },
    'pseudo-Huber distances, enlarged': {
      trained: 2,
      f: (x) => [tf.sub(tf.sqrt(tf.add(tf.sum(tf.square(x), 3), 1)), 1)],
    },
    'classes of a batch': {
      trained: 2,
      weights: [[4, 3]],
      f: (x, matrix) => [tf.logSoftmax(tf.matMul(tf.mean(x, [1, 2]), matrix))],
    },
    'maps between two quantiles': {
      weights: [[2]],
      f: (x, ends) => {
        const [low, high] = tf.split(ends as tf.Tensor1D, 2) as [tf.Tensor, tf.Tensor];
        return [tf.div(tf.sub(tf.mean(x, 3), low), tf.sub(high, low))];
      },
    },
  },
  tiles: {
    'cut out, seen as a batch, and blended': {
      weights: [[3, 3, 4, 2]],
      f: (x, filter) => {
        const [n, h, w] = x.shape;
        const corners = [0, 3].flatMap((top) => [0, 3].map((left): [number, number] => [top, left]));
        const tiles = corners.map(([top, left]) => tf.slice(x, [0, top, left, 0], [n, 5, 5, 4]));
        const scored = tf.mean(tf.square(conv(tf.concat(tiles, 0), filter)), 3);
        const scores = tf.max(tf.reshape(tf.max(scored, [1, 2]), [corners.length, n]), 0);
        const placed = (tile: tf.Tensor, [top, left]: [number, number]) =>
          tf.pad(tile, [
            [0, 0],
            [top, h - 5 - top],
            [left, w - 5 - left],
          ]);
        const sums = tf.addN(
          tf.split(scored, corners.length).map((tile, i) => placed(tile, corners[i] as [number, number])),
        );
        const counts = tf.addN(corners.map((corner) => placed(tf.ones([1, 5, 5]), corner)));
        return [scores, tf.div(sums, counts)];
      },
    },
  },
  transformers: {
    'a block of attention with a class token': {
      trained: 2,
      tolerance: 1e-4,
      weights: [[1, 1, 8], [1, 17, 8], [2, 2, 4, 8], [8], [8], [8, 24], [8, 8]],
      f: (x, token, position, patch, scale, offset, qkv, project) => {
        const [n] = x.shape;
        const tokens = tf.reshape(conv(x, patch, 2), [n, 16, 8]);
        const all = tf.add(tf.concat([tf.tile(token, [n, 1, 1]), tokens], 1), position);
        const dense = (y: tf.Tensor, matrix: tf.Tensor2D) =>
          tf.reshape(tf.matMul(tf.reshape(y, [-1, matrix.shape[0]]), matrix), [n, 17, matrix.shape[1]]);
        const heads = tf.transpose(
          tf.reshape(dense(layerNorm(all, scale, offset), tf.mul(qkv, 0.3)), [n, 17, 3, 2, 4]),
          [2, 0, 3, 1, 4],
        );
        const [q, k, v] = tf.unstack(heads) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
        const attention = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 0.5));
        const mixed = tf.reshape(tf.transpose(tf.matMul(attention, v), [0, 2, 1, 3]), [n, 17, 8]);
        const block = tf.add(all, gelu(dense(mixed, project)));
        return [tf.reshape(tf.slice(block, [0, 1, 0], [-1, -1, -1]), [n, 4, 4, 8])];
      },
    },
  },
};

interface Values {
  readonly shape: number[];
  readonly values: Float32Array;
}

const read = (results: readonly tf.Tensor[]): Values[] =>
  results.map((result) => ({ shape: result.shape, values: result.dataSync<'float32'>().slice() }));

function expectClose(actual: readonly Values[], expected: readonly Values[], tolerance: number): void {
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  expected.forEach(({ values }, i) => {
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    const furthest = values.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - (actual[i]?.values[at] as number))),
      0,
    );
    expect(furthest / largest, `result ${i}`).toBeLessThanOrEqual(tolerance);
  });
}

const imagesOf = (count: number, seed = 7) => random([count, ...SIZE], seed) as tf.Tensor4D;
const weightsOf = ({ weights = [] }: Computation) => weights.map((shape, i) => random(shape, i + 1));

/** The sum of what a computation gives, weighted by numbers that differ. */
const lossOf =
  ({ f }: Computation) =>
  (x: tf.Tensor, ...weights: tf.Tensor[]) =>
    tf.addN(
      f(x as tf.Tensor4D, ...weights).map((result, i) =>
        tf.sum(tf.mul(result, random(result.shape, 50 + i))),
      ),
    );

const learnt = (computation: Computation): tf.Tensor[] => [
  imagesOf(computation.trained as number),
  ...weightsOf(computation),
];

const gradients = (computation: Computation) => tf.grads(lossOf(computation))(learnt(computation));

/** Along some direction: what the gradients say of the loss, what the loss says, and how long the gradients are. */
function slopes(computation: Computation): number[] {
  const places = learnt(computation);
  const directions = places.map(({ shape }, i) => random(shape, 80 + i));
  const found = gradients(computation);
  const dot = (a: readonly tf.Tensor[], b: readonly tf.Tensor[]) =>
    tf.addN(a.map((each, i) => tf.sum(tf.mul(each, b[i] as tf.Tensor))));
  const step = 1e-3;
  const lossAt = (distance: number) =>
    lossOf(computation)(
      ...(places.map((place, i) => tf.add(place, tf.mul(directions[i] as tf.Tensor, distance))) as [
        tf.Tensor,
      ]),
    );
  const measured = tf.div(tf.sub(lossAt(step), lossAt(-step)), 2 * step);
  return [dot(found, directions), measured, tf.sqrt(dot(found, found))].map((x) => x.dataSync()[0] as number);
}

async function on<T>(backend: string, compute: () => T | Promise<T>): Promise<T> {
  await tf.setBackend(backend);
  return compute();
}

describe.each(Object.entries(computations))('%s', (_, functions) => {
  describe.each(Object.entries(functions))('%s', (_, computation) => {
    const { f, trained, tolerance = 1e-5 } = computation;
    const expected = (count: number, seed?: number) =>
      on('cpu', () => read(f(imagesOf(count, seed), ...weightsOf(computation))));

    it('run', async () => {
      const actual = await on('onnxruntime', () => read(f(imagesOf(3), ...weightsOf(computation))));
      expectClose(actual, await expected(3), tolerance);
    });

    it('repeated', async () => {
      const shapes = (await expected(2)).map(({ shape }) => shape);
      const replayed = await on('onnxruntime', async () => {
        const weights = weightsOf(computation);
        freeze(weights);
        const detect = (x: tf.Tensor) => f(x as tf.Tensor4D, ...weights);
        const engine = tf.backend() as OnnxRuntimeBackend;
        const results: (Float32Array[] | null)[] = [];
        for (const seed of [7, 8]) {
          const images = imagesOf(2, seed);
          results.push(await engine.replay(detect, images.dataSync<'float32'>(), images.shape));
        }
        return results;
      });
      for (const [i, seed] of [7, 8].entries()) {
        const values = replayed[i]?.map((values, r) => ({ shape: shapes[r] as number[], values }));
        expectClose(values ?? [], await expected(2, seed), tolerance);
      }
    });

    it('exported', async () => {
      const model = await on('onnxruntime', () => {
        const weights = weightsOf(computation);
        const named = ({ images }: Record<string, tf.Tensor>) =>
          Object.fromEntries(f(images as tf.Tensor4D, ...weights).map((result, i) => [`result${i}`, result]));
        return exportModel(named, { inputs: { images: { shape: [null, ...SIZE] } } });
      });
      const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
      try {
        for (const count of [1, 3]) {
          const data = await on('cpu', () => imagesOf(count).dataSync<'float32'>());
          const outputs = await session.run({ images: new Tensor('float32', data, [count, ...SIZE]) });
          const actual = Object.values(outputs).map(({ dims, data }) => ({
            shape: [...dims],
            values: data as Float32Array,
          }));
          expectClose(actual, await expected(count), tolerance);
        }
      } finally {
        await session.release();
      }
    });

    it.runIf(trained)('its gradients', async () => {
      const expected = await on('cpu', () => read(gradients(computation)));
      expectClose(await on('onnxruntime', () => read(gradients(computation))), expected, tolerance);
      const [slope, measured, length] = (await on('onnxruntime', () => slopes(computation))) as [
        number,
        number,
        number,
      ];
      // A step may pass a few edges of what is only piecewise smooth.
      expect(Math.abs(slope - measured) / length).toBeLessThan(0.04);
    });
  });
});
