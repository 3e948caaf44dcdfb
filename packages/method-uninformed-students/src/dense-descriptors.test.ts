import { ConfigurationError, tf } from '@adfw/core';
import { createVariables, initialValues } from '@adfw/networks';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { denseDescriptors, describePatches } from './dense-descriptors.js';
import { type PatchSize, patchNetwork, patchSizes } from './patch-network.js';

const options = { width: 3, descriptorLength: 5 };

function network(size: PatchSize) {
  const described = patchNetwork(size, options);
  const { parameters } = createVariables(
    described.tensors,
    (spec) => (spec.role === 'offset' ? biases(spec.shape[0] as number) : initialValues(spec, 1)),
    { trainable: true },
  );
  return { network: described, parameters };
}

const biases = (length: number) => Float32Array.from({ length }, (_, n) => 0.1 * Math.sin(n + 1));

const noise = (height: number, width: number, images = 2): tf.Tensor4D =>
  tf.randomNormal([images, height, width, 3], 0, 1, 'float32', 5);

/**
 * The patches around every `step`-th pixel from `first` on, or the nearest of every `stride`-th whose patch lies inside the image:
 * `[N · rows · columns, p, p, 3]`.
 */
function patchesOf(
  images: tf.Tensor4D,
  size: PatchSize,
  { stride, step }: { stride: number; step: number },
): tf.Tensor4D {
  const [n, height, width] = images.shape;
  const pixels = images.dataSync();
  const reach = (size - 1) / 2;
  const first = Math.floor(stride / 2);
  const middles = (length: number) => {
    const all = Array.from(
      { length: Math.ceil(length / stride) },
      (_, position) => first + position * stride,
    );
    const inside = all.filter((middle) => middle >= reach && middle + reach < length);
    const [lowest, highest] = [inside[0] as number, inside.at(-1) as number];
    return all
      .filter((_, position) => position % (step / stride) === 0)
      .map((middle) => Math.min(Math.max(middle, lowest), highest));
  };
  const values: number[] = [];
  for (let image = 0; image < n; image++)
    for (const row of middles(height))
      for (const column of middles(width))
        for (let y = row - reach; y <= row + reach; y++)
          for (let x = column - reach; x <= column + reach; x++) {
            const at = ((image * height + y) * width + x) * 3;
            values.push(...pixels.subarray(at, at + 3));
          }
  return tf.tensor4d(values, [values.length / (size * size * 3), size, size, 3]);
}

/** Of all positions every third one in both directions, which has each kind of patches in it. */
const everyThird = (features: tf.Tensor4D): tf.Tensor4D =>
  tf.stridedSlice(features, [0, 0, 0, 0], features.shape, [1, 3, 3, 1]) as tf.Tensor4D;

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] as number;
}

const cases: [PatchSize, number, number, number][] = [
  [17, 1, 22, 27],
  [17, 2, 23, 24],
  [17, 4, 33, 23],
  [33, 1, 38, 44],
  [33, 1, 37, 42],
  [33, 2, 45, 42],
  [33, 4, 43, 47],
  [33, 8, 50, 57],
  [65, 1, 69, 72],
  [65, 1, 74, 67],
  [65, 2, 75, 74],
  [65, 4, 77, 82],
  [65, 8, 85, 80],
  [65, 16, 98, 107],
];

describe.each(['onnxruntime', 'cpu'])('on %s', (backend) => {
  it.each(backend === 'cpu' ? cases.filter(([size]) => size === 33).slice(0, 3) : cases)(
    'a pass over the image gives what describing patches of %i one by one gives, at stride %i of %ix%i pixels',
    async (size, stride, height, width) => {
      await tf.setBackend(backend);
      tf.tidy(() => {
        const { network: of, parameters } = network(size);
        const images = noise(height, width);
        const dense = denseDescriptors(of, parameters, images, stride);
        expect(dense.shape).toEqual([2, Math.ceil(height / stride), Math.ceil(width / stride), 5]);
        const thirds = everyThird(dense);
        const patches = patchesOf(images, size, { stride, step: stride * 3 });
        const single = tf.reshape(describePatches(of, parameters, patches), thirds.shape);
        const largest = tf.max(tf.abs(dense)).dataSync()[0] as number;
        expect(largestDifference(thirds, single) / largest).toBeLessThan(2e-6);
        // Not because all of them are equal.
        expect(
          tf
            .moments(dense, [0, 1, 2])
            .variance.dataSync()
            .every((value) => value > 1e-3),
        ).toBe(true);
      });
    },
  );
});

describe('dense descriptors', () => {
  it.each(patchSizes)('of %i have the gradient of the patches described one by one', async (size) => {
    await tf.setBackend('onnxruntime');
    tf.tidy(() => {
      const { network: of, parameters } = network(size);
      const images = noise(77, 81, 1);
      const weights = tf.randomNormal([1, 20, 21, options.descriptorLength], 0, 1, 'float32', 6);
      const variables = Object.values(parameters);
      const gradients = (f: () => tf.Tensor) =>
        tf.variableGrads(() => tf.sum(tf.mul(f(), weights)) as tf.Scalar, variables).grads;
      const dense = gradients(() => denseDescriptors(of, parameters, images, 4));
      const patches = patchesOf(images, size, { stride: 4, step: 4 });
      const single = gradients(() => tf.reshape(describePatches(of, parameters, patches), weights.shape));
      for (const { name } of variables) {
        const [one, other] = [dense[name] as tf.Tensor, single[name] as tf.Tensor];
        const scale = tf.max(tf.abs(one)).dataSync()[0] as number;
        expect(scale).toBeGreaterThan(0);
        expect(largestDifference(one, other) / scale).toBeLessThan(1e-5);
      }
    });
  });

  it('describes what is near the border by the nearest patch inside the image', async () => {
    await tf.setBackend('cpu');
    const { network: of, parameters } = network(17);
    const dense = denseDescriptors(of, parameters, noise(20, 18, 1), 1).arraySync()[0] as number[][][];
    const at = (row: number, column: number) => dense[row]?.[column];
    expect(at(0, 0)).toEqual(at(8, 8));
    expect(at(19, 17)).toEqual(at(11, 9));
    expect(at(9, 0)).toEqual(at(9, 8));
    expect(at(9, 8)).not.toEqual(at(10, 8));
  });

  it('refuses images that have no room for a patch', async () => {
    await tf.setBackend('cpu');
    const { network: of, parameters } = network(65);
    const small = () => denseDescriptors(of, parameters, noise(64, 80), 4);
    expect(small).toThrow(ConfigurationError);
    expect(small).toThrow(
      'Images of 64x80 pixels are too small for patch65, which at a stride of 4 needs 67 pixels in both directions: set a ' +
        'larger images.size, or leave "patch65" out of layers.',
    );
    expect(() => denseDescriptors(of, parameters, noise(67, 67), 4)).not.toThrow();
  });
});
