import '@adfw/tfjs-gradients';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { checkProgram } from '../conformance/comparison.mjs';
import { describeProgram, randomProgram } from '../conformance/random-graph.mjs';
import { freeze } from './index.js';

describe('random programs', () => {
  const seeds = Array.from({ length: 80 }, (_, i) => 100_000 + i);
  it(`computes seeds ${seeds[0]} to ${seeds.at(-1)} as tfjs's cpu backend does: npm run fuzz makes more of them`, async () => {
    for (const seed of seeds) {
      await tf.setBackend('cpu');
      const program = randomProgram(seed);
      const difference = await checkProgram(program, { freeze });
      if (difference?.isUnstable) continue;
      expect(difference, difference ? `${describeProgram(program)}\n${difference.message}` : '').toBeNull();
    }
  });

  it('is the same program for the same seed', async () => {
    await tf.setBackend('cpu');
    expect(randomProgram(7)).toEqual(randomProgram(7));
    expect(randomProgram(7)).not.toEqual(randomProgram(8));
  });

  it('finds a kernel that computes something else', async () => {
    const { kernelFunc, ...config } = tf.getKernel('Relu', 'onnxruntime');
    const wrong = tf.getKernel('Abs', 'onnxruntime').kernelFunc;
    const steps = [
      {
        input: { shape: [4], dtype: 'float32', seed: 1, scale: 2, frozen: false },
        shape: [4],
        dtype: 'float32',
      },
      { operation: 'elu', args: [0], options: {}, read: false, shape: [4], dtype: 'float32' },
      { operation: 'relu of anything', args: [1], options: {}, read: false, shape: [4], dtype: 'float32' },
    ];
    const program = { seed: 0, steps, wanted: [2], gradient: false };
    const replace = (func: typeof kernelFunc) => {
      tf.unregisterKernel('Relu', 'onnxruntime');
      tf.registerKernel({ ...config, kernelFunc: func });
    };
    replace(wrong);
    try {
      expect(await checkProgram(program, { freeze })).toMatchObject({ isUnstable: false });
    } finally {
      replace(kernelFunc);
    }
    expect(await checkProgram(program, { freeze })).toBeNull();
  });
});
