import { tf } from '@adfw/core';
import { fileShape, fromFileLayout } from '@adfw/networks';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { describePatches } from './dense-descriptors.js';
import { patchNetwork, patchSizes } from './patch-network.js';

beforeAll(() => tf.setBackend('cpu'));

/** Kernels sin(0.7 n + t) · √(6 / fan-in) and biases 0.1 cos(n + t), n counting a tensor's numbers in PyTorch's layout, t the tensors. */
function waves(shape: readonly number[], t: number): Float32Array {
  const [outputs, ...others] = fileShape(shape) as [number, ...number[]];
  const fanIn = others.reduce((product, length) => product * length, 1);
  const wave = (n: number) =>
    others.length === 0 ? 0.1 * Math.cos(n + t) : Math.sin(0.7 * n + t) * Math.sqrt(6 / fanIn);
  return fromFileLayout(
    shape,
    Float32Array.from({ length: outputs * fanIn }, (_, n) => wave(n)),
  );
}

/** sin(0.3 x + 0.5 y + 0.01 x y + c). */
function pattern(size: number): tf.Tensor4D {
  const values = Array.from({ length: size * size * 3 }, (_, n) => {
    const [c, x, y] = [n % 3, Math.floor(n / 3) % size, Math.floor(n / 3 / size)];
    return Math.sin(0.3 * x + 0.5 * y + 0.01 * x * y + c);
  });
  return tf.tensor4d(values, [1, size, size, 3]);
}

describe.each(patchSizes)('the network for patches of %i', (size) => {
  it("has the paper's maps, from the patch to one position", () => {
    const maps = { 17: [12, 8, 4, 1], 33: [29, 10, 4, 1], 65: [61, 26, 9, 1, 1] }[size];
    const channels = { 17: [128, 256, 256, 128], 33: [128, 256, 256, 128], 65: [128, 128, 128, 256, 128] }[
      size
    ];
    let side: number = size;
    const { convolutions } = patchNetwork(size, { width: 128, descriptorLength: 128 });
    const found = convolutions.map(({ kernel, pooled }) => {
      const map = side - (kernel.shape[0] as number) + 1;
      side = pooled ? Math.floor(map / 2) : map;
      return [map, kernel.shape[3]];
    });
    expect(found).toEqual(maps.map((map, index) => [map, channels[index]]));
  });

  it("gives PyTorch's numbers, of Conv2d, LeakyReLU(5e-3) and MaxPool2d(2, 2) in float64", () => {
    const expected = {
      17: [0.18768752673398273, -0.22994621239021598, -0.498028813128478],
      33: [0.5690502323941847, 0.2112263756450091, -0.27595657259921014],
      65: [0.06895595096209894, -0.2750407171908492, 0.2005542212867661],
    }[size];
    tf.tidy(() => {
      const network = patchNetwork(size, { width: 2, descriptorLength: 3 });
      const variables = Object.fromEntries(
        network.tensors.map(({ name, shape }, t) => [
          name,
          tf.variable(tf.tensor(waves(shape, t), [...shape])),
        ]),
      );
      const descriptor = describePatches(network, variables, pattern(size)).arraySync();
      expect(descriptor).toHaveLength(1);
      descriptor[0]?.forEach((value, n) => {
        expect(value).toBeCloseTo(expected[n] as number, 5);
      });
    });
  });
});
