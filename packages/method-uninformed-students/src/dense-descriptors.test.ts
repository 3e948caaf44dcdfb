import { createVariables, initialValues } from '@adfw/backbone-resnet';
import { ConfigurationError, tf } from '@adfw/core';
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
 * The patches around every `step`-th pixel from `first` on, each cut out of the mirrored image: `[N · rows · columns, p, p, 3]`.
 */
function patchesOf(images: tf.Tensor4D, size: PatchSize, first: number, step: number): tf.Tensor4D {
  const [n, height, width] = images.shape;
  const pixels = images.dataSync();
  const mirrored = (index: number, length: number) =>
    index < 0 ? -index : index < length ? index : 2 * (length - 1) - index;
  const values: number[] = [];
  const reach = (size - 1) / 2;
  for (let image = 0; image < n; image++)
    for (let row = first; row < height + first; row += step)
      for (let column = first; column < width + first; column += step)
        for (let y = row - reach; y <= row + reach; y++)
          for (let x = column - reach; x <= column + reach; x++) {
            const at = ((image * height + mirrored(y, height)) * width + mirrored(x, width)) * 3;
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
  [17, 1, 12, 13],
  [17, 2, 11, 14],
  [17, 4, 13, 13],
  [33, 1, 24, 24],
  [33, 1, 21, 26],
  [33, 2, 25, 22],
  [33, 4, 23, 27],
  [33, 8, 30, 33],
  [65, 1, 43, 42],
  [65, 1, 48, 41],
  [65, 2, 45, 44],
  [65, 4, 47, 42],
  [65, 8, 45, 50],
  [65, 16, 50, 49],
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
        const patches = patchesOf(images, size, Math.floor(stride / 2), stride * 3);
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
      const images = noise(42, 45, 1);
      const weights = tf.randomNormal([1, 11, 12, options.descriptorLength], 0, 1, 'float32', 6);
      const variables = Object.values(parameters);
      const gradients = (f: () => tf.Tensor) =>
        tf.variableGrads(() => tf.sum(tf.mul(f(), weights)) as tf.Scalar, variables).grads;
      const dense = gradients(() => denseDescriptors(of, parameters, images, 4));
      const patches = patchesOf(images, size, 2, 4);
      const single = gradients(() => tf.reshape(describePatches(of, parameters, patches), weights.shape));
      for (const { name } of variables) {
        const [one, other] = [dense[name] as tf.Tensor, single[name] as tf.Tensor];
        const scale = tf.max(tf.abs(one)).dataSync()[0] as number;
        expect(scale).toBeGreaterThan(0);
        expect(largestDifference(one, other) / scale).toBeLessThan(1e-5);
      }
    });
  });

  it('refuses images smaller than what patches reach beyond them', async () => {
    await tf.setBackend('cpu');
    const { network: of, parameters } = network(65);
    const small = () => denseDescriptors(of, parameters, noise(32, 64), 1);
    expect(small).toThrow(ConfigurationError);
    expect(small).toThrow(
      'Images of 32x64 pixels are too small for patch65, whose patches reach up to 32 pixels beyond them: set a larger ' +
        'dataset.imageSize, or leave "patch65" out of layers.',
    );
  });
});
