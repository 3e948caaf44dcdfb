import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixturePath, readTensors, relativeError, toHwio, toNhwc } from '../../fixtures/read-fixture.js';
import { convolution, maxPool } from './convolution.js';

const expected = readTensors(fixturePath('kernels-expected.safetensors'));

/** The CPU's kernels under the name of tfjs-node's backend, and like it unable to pad on all sides. */
function registerTensorflow(): void {
  tf.registerBackend('tensorflow', () => tf.findBackend('cpu'));
  for (const kernel of tf.getKernelsForBackend('cpu')) {
    tf.registerKernel({
      ...kernel,
      backendName: 'tensorflow',
      kernelFunc(parameters) {
        const pad = parameters.attrs?.pad ?? 'valid';
        if (kernel.kernelName !== 'PadV2' && pad !== 'same' && pad !== 'valid')
          throw new Error("TF Backend supports only 'valid' and 'same' padding");
        return kernel.kernelFunc(parameters);
      },
    });
  }
}

describe.each(['cpu', 'tensorflow'])('on the backend %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'tensorflow') registerTensorflow();
    await tf.setBackend(backend);
  });
  afterAll(() => {
    if (backend === 'tensorflow') tf.removeBackend('tensorflow');
  });

  it.each([
    [7, 2],
    [3, 2],
    [3, 1],
    [1, 2],
  ])("convolution of size %i and stride %i is PyTorch's", async (size, stride) => {
    const x = toNhwc(expected('pool.x'));
    const kernel = toHwio(expected(`conv${size}-${stride}.kernel`)) as tf.Tensor4D;
    const y = toNhwc(expected(`conv${size}-${stride}.y`));
    expect(await relativeError(convolution(x, kernel, stride), y)).toBeLessThan(1e-6);
  });

  it("max pooling is PyTorch's, of negative numbers too", async () => {
    const y = toNhwc(expected('pool.y'));
    expect(await relativeError(maxPool(toNhwc(expected('pool.x'))), y)).toBe(0);
  });

  it('both have gradients', () => {
    const x = toNhwc(expected('pool.x'));
    const kernel = toHwio(expected('conv3-2.kernel')) as tf.Tensor4D;
    const [dx, dKernel] = tf.grads((image, weights) =>
      tf.sum(convolution(maxPool(image as tf.Tensor4D), weights as tf.Tensor4D, 2)),
    )([x, kernel]);
    expect(dx?.shape).toEqual(x.shape);
    expect(dKernel?.shape).toEqual(kernel.shape);
  });
});
