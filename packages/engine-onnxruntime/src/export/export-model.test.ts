/** Exported models, run by onnxruntime-node itself, against the functions they were made of on tfjs's cpu backend. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportModel, freeze, type ModelInput, NotExportableError } from '../index.js';
import { checkSize } from './export-model.js';

beforeEach(() => tf.setBackend('onnxruntime'));

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0.2, 1, 'float32', seed);

type Feeds = Record<string, { data: Float32Array; dims: number[] }>;

async function run(model: Uint8Array, feeds: Feeds): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [
    name,
    new Tensor('float32', data, dims),
  ]);
  try {
    return (await session.run(Object.fromEntries(tensors))) as Record<string, Tensor>;
  } finally {
    await session.release();
  }
}

/** The images of a batch, and what the function makes of them on the cpu backend. */
async function expected(f: (images: tf.Tensor) => tf.Tensor, shape: number[]) {
  await tf.setBackend('cpu');
  const images = random(shape, 7);
  const result = f(images);
  const values = {
    images: images.dataSync() as Float32Array,
    result: result.dataSync(),
    shape: result.shape,
  };
  await tf.setBackend('onnxruntime');
  return values;
}

const weights = {
  conv: random([3, 3, 4, 8], 1) as tf.Tensor4D,
  residual: random([3, 3, 8, 8], 2) as tf.Tensor4D,
  mean: random([8], 3) as tf.Tensor1D,
  variance: tf.add(tf.square(random([8], 4)), 0.5) as tf.Tensor1D,
  scale: random([8], 5) as tf.Tensor1D,
  offset: random([8], 6) as tf.Tensor1D,
  bank: random([11, 4], 8) as tf.Tensor2D,
  projection: random([4, 5], 9) as tf.Tensor2D,
};
const norm = (x: tf.Tensor4D) =>
  tf.batchNorm(x, weights.mean, weights.variance, weights.offset, weights.scale) as tf.Tensor4D;

/** From images `[N, 6, 8, 4]`. */
const functions: Record<string, (images: tf.Tensor4D) => tf.Tensor> = {
  'a residual network': (x) => {
    const stem = tf.maxPool(tf.relu(norm(tf.conv2d(x, weights.conv, 2, 1))), 3, 1, 'same');
    return tf.relu(tf.add(stem, norm(tf.conv2d(stem, weights.residual, 1, 1))));
  },
  'resizing to a map': (x) =>
    tf.squeeze(tf.image.resizeBilinear(tf.sum(x, -1, true) as tf.Tensor4D, [9, 13], false, true), [-1]),
  'distances to a memory bank': (x) => {
    const [n, h, w, c] = x.shape;
    const rows = tf.reshape(x, [n * h * w, c]) as tf.Tensor2D;
    const products = tf.matMul(rows, weights.bank, false, true);
    const squared = tf.add(
      tf.sub(tf.sum(tf.square(rows), 1, true), tf.mul(products, 2)),
      tf.sum(tf.square(weights.bank), 1),
    );
    return tf.reshape(tf.min(squared, 1), [n, h, w]);
  },
  'the mean of the highest values': (x) => tf.mean(tf.topk(tf.reshape(x, [x.shape[0], -1]), 5).values, -1),
  'a matrix product a position': (x) => {
    const [n, h, w, c] = x.shape;
    return tf.reshape(tf.matMul(tf.reshape(x, [n, h * w, c]), tf.expandDims(weights.projection)), [
      n,
      h,
      w,
      5,
    ]);
  },
  'ones and zeros in the shape of the batch': (x) => {
    const map = tf.mean(x, -1);
    const ones = tf.ones([x.shape[0], 1, 8]);
    return tf.concat([map, ones, tf.zerosLike(tf.slice(map, [0, 0, 0], [-1, 2, -1]))], 1);
  },
  'constants repeated for each image': (x) => {
    const weights = tf.tensor3d(Array.from({ length: x.shape[0] }, () => [[1], [2], [-3]]));
    return tf.mul(tf.slice(tf.mean(x, -1), [0, 1, 0], [-1, 3, -1]), weights);
  },
  'tiles, padding and reversed axes': (x) =>
    tf.reverse(
      tf.pad(tf.tile(x, [1, 2, 1, 1]), [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ]),
      [1],
    ),
  'transposed images': (x) => tf.transpose(tf.softmax(x), [0, 3, 2, 1]),
  'integers and choices': (x) =>
    tf.where(tf.greater(x, 0.5), tf.cast(tf.expandDims(tf.argMax(x, -1), -1), 'float32'), tf.neg(x)),
  'parts of images, as many more images, with numbers for each': (x) => {
    const count = x.shape[0];
    const parts = tf.concat([0, 2, 3].map((top) => tf.slice(x, [0, top, 0, 0], [count, 3, 8, 4])));
    const shaded = tf.mul(parts, tf.tile(tf.tensor4d([1, 2, 3, 4], [1, 1, 1, 4]), [3 * count, 1, 1, 1]));
    const means = tf.max(shaded, [1, 2]);
    return tf.concat(
      [tf.slice(means, [count, 0], [count, 4]), tf.slice(means, [2 * count, 0], [count, 4])],
      1,
    );
  },
  'the standard deviation within an image': (x) => tf.sqrt(tf.moments(x, [1, 2, 3]).variance),
};

describe.each([
  ['images as tfjs has them', false],
  ['channels first', true],
])('%s', (_, channelsFirst) => {
  it.each(Object.entries(functions))('%s, for any batch', async (_, f) => {
    const model = await exportModel(({ images }) => ({ result: f(images as tf.Tensor4D) }), {
      inputs: { images: { shape: [null, 6, 8, 4], channelsFirst } },
    });
    for (const batch of [1, 2, 5]) {
      const { images, result, shape } = await expected((x) => f(x as tf.Tensor4D), [batch, 6, 8, 4]);
      const data = channelsFirst
        ? (tf.transpose(tf.tensor4d(images, [batch, 6, 8, 4]), [0, 3, 1, 2]).dataSync() as Float32Array)
        : images;
      const dims = channelsFirst ? [batch, 4, 6, 8] : [batch, 6, 8, 4];
      const outputs = await run(model, { images: { data, dims } });
      expect(outputs.result?.dims).toEqual(shape);
      const largest = Math.max(...result.map(Math.abs));
      const values = outputs.result?.data as Float32Array;
      values.forEach((value, i) => {
        expect(Math.abs(value - (result[i] as number))).toBeLessThanOrEqual(1e-5 * largest);
      });
    }
  });
});

describe('a model', () => {
  const scores = ({ images, threshold }: Record<string, tf.Tensor>) => {
    const score = tf.max(images as tf.Tensor, [1]);
    return { score, high: tf.greaterEqual(score, threshold as tf.Tensor) };
  };
  const inputs: Record<string, ModelInput> = {
    images: { shape: [null, 3], description: 'three numbers each' },
    threshold: { shape: [], default: [2] },
  };
  const images = { data: Float32Array.of(1, 2, 3, 0, 1, 1), dims: [2, 3] };

  it('has inputs that may be left out, where they have defaults', async () => {
    const model = await exportModel(scores, { inputs });
    expect((await run(model, { images })).high?.data).toEqual(Uint8Array.of(1, 0));
  });

  it('has inputs that must be given, where they have none', async () => {
    const model = await exportModel(scores, { inputs: { ...inputs, threshold: { shape: [] } } });
    const at = async (threshold: number) =>
      (await run(model, { images, threshold: { data: Float32Array.of(threshold), dims: [] } })).high?.data;
    expect(await at(2)).toEqual(Uint8Array.of(1, 0));
    expect(await at(1)).toEqual(Uint8Array.of(1, 1));
    expect(await at(4)).toEqual(Uint8Array.of(0, 0));
    await expect(run(model, { images })).rejects.toThrow("'threshold' is missing");
  });

  it.each([true, false])(
    'has an output for each result that the function names, a map among them: %s',
    async (hasMaps) => {
      // The score is not the maximum of the map.
      const detect = ({ images }: Record<string, tf.Tensor>) => {
        const maps = hasMaps ? tf.square(images as tf.Tensor) : null;
        return { image_score: tf.mean(images as tf.Tensor, [1]), ...(maps && { anomaly_map: maps }) };
      };
      const model = await exportModel(detect, {
        inputs: { images: { shape: [null, 3] } },
        outputs: { image_score: 'a number an image', anomaly_map: 'a number a pixel' },
      });
      const outputs = await run(model, { images });
      expect(Object.keys(outputs)).toEqual(hasMaps ? ['image_score', 'anomaly_map'] : ['image_score']);
      expect(outputs.image_score?.data).toEqual(Float32Array.of(2, 2 / 3));
      if (hasMaps) expect(outputs.anomaly_map?.data).toEqual(Float32Array.of(1, 4, 9, 0, 1, 1));
    },
  );

  it('gives its input, constants, and one tensor under two names', async () => {
    const constant = tf.tensor1d([4, 5]);
    freeze([constant]);
    const f = ({ images }: Record<string, tf.Tensor>) => {
      const sum = tf.add(images as tf.Tensor, 1);
      return { images_again: images as tf.Tensor, constant, one: sum, other: sum };
    };
    const model = await exportModel(f, {
      inputs: { images: { shape: [null, 2, 2, 3], channelsFirst: true } },
    });
    const data = Float32Array.from({ length: 12 }, (_, i) => i);
    const outputs = await run(model, { images: { data, dims: [1, 3, 2, 2] } });
    const channelsLast = Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
    expect(outputs.images_again?.data).toEqual(channelsLast);
    expect(outputs.constant?.data).toEqual(Float32Array.of(4, 5));
    for (const name of ['one', 'other'])
      expect(outputs[name]?.data).toEqual(channelsLast.map((value) => value + 1));
  });

  it('says its shapes, and keeps the numbers of the function that were frozen', async () => {
    const factor = tf.tensor1d([1, 2, 3]);
    freeze([factor]);
    const model = await exportModel(({ images }) => ({ scaled: tf.mul(images as tf.Tensor, factor) }), {
      inputs: { images: { shape: [null, 3] } },
    });
    factor.dispose();
    const { inputMetadata, outputMetadata } = await InferenceSession.create(model);
    expect(inputMetadata).toEqual([expect.objectContaining({ name: 'images', shape: ['batch', 3] })]);
    expect(outputMetadata).toEqual([expect.objectContaining({ name: 'scaled', shape: ['batch', 3] })]);
    expect((await run(model, { images })).scaled?.data).toEqual(Float32Array.of(1, 4, 9, 0, 2, 3));
  });

  it('has weights once, of a network that is there several times', async () => {
    const filter = random([3, 3, 4, 64], 11) as tf.Tensor4D;
    const [scale, offset] = [random([64], 12) as tf.Tensor1D, random([64], 13) as tf.Tensor1D];
    const parts = (count: number) => (x: tf.Tensor) => {
      const whole = x as tf.Tensor4D;
      const each = Array.from({ length: count }, (_, row) => {
        const part = tf.slice(whole, [0, row, 0, 0], [-1, 3, -1, -1]);
        const seen = tf.batchNorm(tf.conv2d(part, filter, 1, 1), offset, tf.square(scale), offset, scale);
        return tf.mean(tf.relu(seen), [1, 2]);
      });
      return tf.addN(each);
    };
    const bytesOf = async (count: number) => {
      const f = parts(count);
      const model = await exportModel(({ images }) => ({ result: f(images as tf.Tensor) }), {
        inputs: { images: { shape: [null, 6, 8, 4] } },
      });
      const { images, result } = await expected(f, [2, 6, 8, 4]);
      const outputs = await run(model, { images: { data: images, dims: [2, 6, 8, 4] } });
      expect(Array.from(outputs.result?.data as Float32Array, (value) => value.toFixed(3))).toEqual(
        Array.from(result, (value) => value.toFixed(3)),
      );
      return model.byteLength;
    };
    const filterBytes = 4 * 3 * 3 * 4 * 64;
    const [one, four] = [await bytesOf(1), await bytesOf(4)];
    expect(one).toBeGreaterThan(filterBytes);
    expect(four - one).toBeLessThan(filterBytes);
  });

  it('is the same file each time, and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const [one, other] = [await exportModel(scores, { inputs }), await exportModel(scores, { inputs })];
    expect(Buffer.compare(one, other)).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('may have a batch of one size only', async () => {
    const model = await exportModel(({ x }) => ({ y: tf.unstack(x as tf.Tensor)[1] as tf.Tensor }), {
      inputs: { x: { shape: [2, 3] } },
    });
    expect((await run(model, { x: images })).y?.data).toEqual(Float32Array.of(0, 1, 1));
  });
});

describe('what cannot be exported', () => {
  const refused = (f: (images: tf.Tensor2D) => tf.Tensor, message: RegExp) =>
    expect(
      exportModel(({ images }) => ({ result: f(images as tf.Tensor2D) }), {
        inputs: { images: { shape: [null, 3] } },
      }),
    ).rejects.toThrow(message);

  it.each<[string, (images: tf.Tensor2D) => tf.Tensor, RegExp]>([
    [
      'a function that reads a value',
      (x) => tf.mul(x, tf.max(x).dataSync()[0] as number),
      /^The function reads a value that depends on its input images\./,
    ],
    [
      'one that ignores its input',
      () => tf.ones([3]),
      /^The function computes its results without its input images\.$/,
    ],
    [
      'one that takes the images of a batch apart',
      (x) => tf.addN(tf.unstack(x)),
      /depends on the size of the batch: for 101 images .* than for 103\. Each image must be treated alike\.$/,
    ],
    ['one that counts the images', (x) => tf.div(x, x.shape[0]), /depends on the size of the batch/],
    [
      'one whose result has an axis of another size',
      (x) => tf.reshape(x, [x.shape[0] * 3]),
      /^The size of "result" along axis 0 is neither fixed nor that of the batch: it is 303 for 101 images\.$/,
    ],
  ])('%s', (_, f, message) => refused(f, message));

  it('a name that tensors inside a model have', () =>
    expect(
      exportModel(({ x }) => ({ t1: tf.neg(x as tf.Tensor) }), { inputs: { x: { shape: [null, 3] } } }),
    ).rejects.toThrow(/^"t1" is what tensors inside a model are called; choose another name\.$/));

  it('weights of more than a file holds', () => {
    // Never written to, so the system lends no memory for it.
    const data = new Float32Array(2 ** 27);
    const weight = (name: string) => ({ name, type: 'float32' as const, dims: [2 ** 27], data });
    expect(() => checkSize({ initializers: ['a', 'b', 'c'].map(weight) })).not.toThrow();
    expect(() => checkSize({ initializers: ['a', 'b', 'c', 'd'].map(weight) })).toThrow(NotExportableError);
  });

  it('anything on another backend', async () => {
    await tf.setBackend('cpu');
    await refused((x) => x, /isn't onnxruntime/);
  });
});
