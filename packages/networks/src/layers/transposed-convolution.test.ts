import { tf } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { transposedConvolution, upsampling } from './transposed-convolution.js';

/** r(n, m) = arange(n) % m - m // 2 */
const range = (shape: [number, number, number, number], modulus: number): tf.Tensor4D =>
  tf.tensor4d(
    Array.from({ length: tf.util.sizeFromShape(shape) }, (_, n) => (n % modulus) - Math.floor(modulus / 2)),
    shape,
  );

/**
 * What PyTorch gives, in its layouts (N, C, H, W and C, K, kh, kw): x = r(12, 7) as (1, 2, 2, 3), w = r(24, 5) as
 * (2, 3, 2, 2), y = torch.nn.functional.conv_transpose2d(x, w, stride=2), (y * r(72, 11).reshape(y.shape)).sum().backward().
 */
const expected = {
  y: [
    6, 6, 4, -1, 2, -1, 6, -9, -6, 4, -4, 3, 0, -1, -2, -1, -4, -1, -2, 2, 0, 1, 2, 0, -9, 6, -1, 4, 0, 2, 6,
    6, -1, -6, -1, -4, 1, 0, 2, -2, 3, -4, -1, -2, -1, 0, -1, 2, -9, -9, 4, -1, 3, 0, 6, 6, 4, -1, 2, -1, 2,
    1, 1, 2, 0, 3, 0, -1, -2, -1, -4, -1,
  ],
  dx: [5, 21, 15, 24, 29, 12, 5, -15, -2, 6, -25, -23],
  dw: [20, 17, -20, -12, 14, 11, -26, -7, 8, 5, -10, 20, 0, -2, -23, -3, -4, -6, -5, 26, -8, -10, 35, 0],
};

const toNhwc = (x: tf.Tensor4D) => tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
const toNchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);
const toTorchKernel = (w: tf.Tensor) => tf.transpose(w, [3, 2, 0, 1]);

describe.each(['cpu', 'onnxruntime'])('transposed convolution on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  it("is PyTorch's, with its gradients", async () => {
    const x = toNhwc(range([1, 2, 2, 3], 7));
    const w = tf.transpose(range([2, 3, 2, 2], 5), [2, 3, 1, 0]) as tf.Tensor4D;
    const upstream = toNhwc(range([1, 3, 4, 6], 11));
    const [dx, dw] = tf.grads((image, kernel) =>
      tf.sum(tf.mul(transposedConvolution(image as tf.Tensor4D, kernel as tf.Tensor4D), upstream)),
    )([x, w]) as [tf.Tensor, tf.Tensor];
    expect([...(await toNchw(transposedConvolution(x, w)).data())]).toEqual(expected.y);
    expect([...(await toNchw(dx).data())]).toEqual(expected.dx);
    expect([...(await toTorchKernel(dw).data())]).toEqual(expected.dw);
  });

  it('as a layer doubles height and width, and counts what that takes', () => {
    const layer = upsampling('up', 3, 2);
    const kernel = tf.variable(tf.ones(layer.tensors[0]?.shape as number[]), true);
    const y = layer.apply(tf.ones([1, 2, 5, 3]), { variables: { 'up.weight': kernel }, mode: 'eval' });
    expect(y.shape).toEqual([1, 4, 10, 2]);
    expect([...y.dataSync()]).toEqual(Array(80).fill(3));
    expect(layer.work([2, 5])).toEqual({ multiplyAdds: 4 * 10 * 3 * 2, size: [4, 10] });
  });
});
