/**
 * WebGPU's tests run where it starts. A machine without a GPU has it through a Vulkan driver in software: SwiftShader, which
 * Debian's package chromium-common brings, with VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json.
 */
import '@adfw/tfjs-gradients';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configure, engineVersion, OnnxRuntimeBackend } from '../index.js';
import { builtInProviders, checkProvider, providerNames } from './provider.js';

describe('a provider', () => {
  it('is the CPU where nothing else is asked for', () => {
    expect(builtInProviders()).toContain('cpu');
    expect(engineVersion().provider).toBe('cpu');
  });

  it.each(providerNames.filter((name) => !builtInProviders().includes(name)))(
    'that is for other platforms (%s) is refused, with those there are',
    (provider) => {
      expect(() => configure({ provider })).toThrow(
        new RegExp(
          `^The provider "${provider}" is not part of onnxruntime-node \\d\\S+ for ${process.platform} ${process.arch}: it is for .*\\. Use cpu, which always starts`,
        ),
      );
      expect(engineVersion().provider).toBe('cpu');
    },
  );

  it.each(builtInProviders())('that is built in (%s) starts, or says what it needs', (provider) => {
    const needs = new RegExp(
      `^The provider "${provider}" does not start on .*: .+\\. It needs .+\\. Use cpu`,
    );
    let refusal: Error | null = null;
    try {
      checkProvider(provider);
    } catch (error) {
      refusal = error as Error;
    }
    expect(refusal?.message ?? null).toSatisfy((said) => said === null || needs.test(said as string));
  });

  it('must be one of those that are known', () => {
    expect(() => configure({ provider: 'gpu' as 'cpu' })).toThrow(
      'provider is "gpu"; it must be one of cpu, webgpu, cuda, coreml, dml.',
    );
  });
});

const missing = whyNotStarted('webgpu');
if (missing) console.warn(`WebGPU is not tested here. ${missing}`);

/** A provider that computes wrong values has started, and is to fail its tests. */
function whyNotStarted(provider: 'webgpu'): string | null {
  try {
    checkProvider(provider);
    return null;
  } catch (error) {
    const { message } = error as Error;
    return / (does not start|is not part) /.test(message) ? message : null;
  }
}

describe.skipIf(missing !== null)('WebGPU', () => {
  beforeAll(() => {
    tf.registerBackend('webgpu', () => new OnnxRuntimeBackend({ provider: 'webgpu' }));
    tf.copyRegisteredKernels('onnxruntime', 'webgpu');
  });
  afterAll(() => {
    tf.setBackend('onnxruntime');
    tf.removeBackend('webgpu');
  });

  /** Values and gradients of `f` on WebGPU and on tfjs's own cpu backend. */
  async function expectSame(shapes: readonly number[][], f: (...xs: tf.Tensor[]) => tf.Tensor, digits = 4) {
    const results: Float32Array[][] = [];
    for (const backend of ['cpu', 'webgpu']) {
      await tf.setBackend(backend);
      const xs = shapes.map((shape, i) => tf.tensor(noise(shape, i), shape));
      const y = f(...xs);
      const dy = tf.tensor(noise(y.shape, 9), y.shape);
      const all = [y, ...tf.grads(f)(xs, dy)];
      results.push(await Promise.all(all.map(async (tensor) => (await tensor.data()) as Float32Array)));
    }
    const [expected, actual] = results as [Float32Array[], Float32Array[]];
    expected.forEach((values, i) => {
      values.forEach((value, n) => {
        expect(actual[i]?.[n], `result ${i}, element ${n}`).toBeCloseTo(value, digits);
      });
    });
  }

  it.each([1, 2, 3, 4, 5, 6, 9, 15, 16, 18, 21])('convolves images of %i channels', async (channels) => {
    await expectSame(
      [
        [2, 6, 6, channels],
        [3, 3, channels, 8],
      ],
      (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
    );
  });

  it.each([3, 6, 15, 18])('gives the gradients of a batch of %i', async (batch) => {
    await expectSame(
      [
        [batch, 8, 8, 4],
        [3, 3, 4, 4],
      ],
      (x, w) => tf.maxPool(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'), 3, 2, 1),
    );
  });

  it.each([1, 2])('convolves each channel by itself, with %i filters', async (multiplier) => {
    await expectSame(
      [
        [2, 8, 8, 4],
        [3, 3, 4, multiplier],
      ],
      (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'),
    );
  });

  it('convolves volumes', async () => {
    await expectSame(
      [
        [2, 4, 5, 6, 3],
        [2, 3, 3, 3, 4],
      ],
      (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'same'),
    );
  });

  it('multiplies, sums, normalises and resizes', async () => {
    await expectSame([[3, 5, 5, 4], [4, 6], [6]], (x, w, b) => {
      const product = tf.sigmoid(tf.add(tf.matMul(tf.reshape(x, [75, 4]), w), b));
      const unit = tf.div(product, tf.add(tf.norm(product, 2, -1, true), 0.1));
      return tf.image.resizeBilinear(tf.reshape(unit, [3, 5, 5, 6]) as tf.Tensor4D, [8, 8]);
    });
  });

  it('gives the same bits again', async () => {
    await tf.setBackend('webgpu');
    const [x, w] = [
      tf.tensor(noise([6, 16, 16, 3], 1), [6, 16, 16, 3]),
      tf.tensor(noise([3, 3, 3, 16], 2), [3, 3, 3, 16]),
    ];
    const gradients = () =>
      tf
        .grads((image, filter) =>
          tf.sum(
            tf.square(tf.maxPool(tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'), 3, 2, 1)),
          ),
        )([x, w])
        .map((gradient) => gradient.dataSync());
    const first = gradients();
    for (let repetition = 0; repetition < 3; repetition++) expect(gradients()).toEqual(first);
  });
});

/** Numbers in [-1, 1) that look random, and are the same every time. */
function noise(shape: readonly number[], seed: number): Float32Array {
  let state = seed * 7919 + 1;
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}
