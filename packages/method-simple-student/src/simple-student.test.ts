import { type Part, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { bottleneckChannels, plugin } from './index.js';

beforeAll(() => tf.setBackend('cpu'));

const part = plugin.parts?.[0] as Part<'backbone'>;
const create = (options: object, layers = ['layer1', 'layer2', 'layer3', 'layer4']) =>
  part.create({ width: 64, weights: 'random', ...options }, { seed: 1, layers, frozen: false });

// Appendix A.2, printed by PyTorch: Conv2d(inputs, outputs) of every block, as [block, conv1, conv2, downsample].
const appendix = [
  ['layer1.0', [64, 16], [16, 64], null],
  ['layer1.1', [64, 16], [16, 64], null],
  ['layer2.0', [64, 16], [16, 128], [64, 128]],
  ['layer2.1', [128, 16], [16, 128], null],
  ['layer3.0', [128, 32], [32, 256], [128, 256]],
  ['layer3.1', [256, 32], [32, 256], null],
  ['layer4.0', [256, 512], [512, 512], [256, 512]],
  ['layer4.1', [512, 512], [512, 512], null],
] as const;

describe('simple-student', () => {
  it("has appendix A.2's convolutions", async () => {
    const { parameters, dispose } = await create({});
    for (const [block, conv1, conv2, downsample] of appendix) {
      const shape = (name: string) => parameters[`${block}.${name}.weight`]?.shape ?? null;
      expect(shape('conv1'), block).toEqual([3, 3, ...conv1]);
      expect(shape('conv2'), block).toEqual([3, 3, ...conv2]);
      expect(shape('downsample.0'), block).toEqual(downsample && [1, 1, ...downsample]);
    }
    dispose();
  });

  it("gives the teacher's channels at any width", async () => {
    const student = await create({ width: 8 });
    expect(student.channels).toEqual({ layer1: 8, layer2: 16, layer3: 32, layer4: 64 });
    const pyramid = student.features(tf.zeros([1, 32, 32, 3]), 'eval');
    expect(Object.entries(pyramid).map(([layer, { shape }]) => [layer, shape[3]])).toEqual(
      Object.entries(student.channels),
    );
  });

  it('keeps a channel in the narrowest network', () => {
    expect(bottleneckChannels(1)).toEqual({ layer1: 1, layer2: 1, layer3: 1 });
  });
});
