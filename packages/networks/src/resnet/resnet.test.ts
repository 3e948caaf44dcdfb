import { type Backbone, tf } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  fixturePath,
  readTensors,
  relativeError,
  toHwio,
  toNhwc,
  toTensor,
} from '../../fixtures/read-fixture.js';
import { loadWeights } from '../weights/weight-file.js';
import type { ResNetArchitecture } from './architectures.js';
import { createResNet, type ResNetOptions } from './resnet.js';

const layers = ['layer1', 'layer2'];

// The networks of the fixtures, and the parameters whose gradients they hold.
const networks = [
  [
    'resnet18',
    [
      'conv1.weight',
      'bn1.weight',
      'layer1.0.bn2.bias',
      'layer2.0.conv1.weight',
      'layer2.0.downsample.0.weight',
    ],
  ],
  ['resnet50', ['conv1.weight', 'layer1.0.downsample.1.weight', 'layer2.3.conv2.weight']],
] as const satisfies [ResNetArchitecture, string[]][];

const cases = networks.flatMap(([architecture, parameters]) =>
  (['cpu', 'onnxruntime'] as const).map((backend) => ({ architecture, parameters, backend })),
);

describe.each(cases)('$architecture on $backend against PyTorch', ({ architecture, parameters, backend }) => {
  beforeAll(() => tf.setBackend(backend));
  const expected = readTensors(fixturePath(`${architecture}-expected.safetensors`));
  const create = async (options: Partial<ResNetOptions> = {}) => {
    const { state } = await loadWeights(fixturePath(`${architecture}.safetensors`));
    return createResNet(architecture, { layers, width: 4, seed: 0, state, ...options });
  };

  it('gives the same features from running statistics', async () => {
    const pyramid = (await create()).features(toNhwc(expected('images')), 'eval');
    for (const layer of layers)
      expect(
        await relativeError(pyramid[layer] as tf.Tensor4D, toNhwc(expected(`eval.${layer}`))),
      ).toBeLessThan(1e-5);
  });

  it('gives the same features, gradients and statistics in training', async () => {
    const backbone = await create();
    const images = toNhwc(expected('images'));
    const loss = () =>
      tf.addN(
        Object.values(backbone.features(images, 'train')).map((x) => tf.sum(tf.square(x))),
      ) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, Object.values(backbone.parameters));
    for (const name of parameters) {
      const gradient = grads[backbone.parameters[name]?.name as string] as tf.Tensor;
      expect(await relativeError(gradient, toHwio(expected(`gradient.${name}`))), name).toBeLessThan(1e-4);
    }
    for (const norm of ['bn1', 'layer2.0.downsample.1'])
      for (const statistic of ['running_mean', 'running_var']) {
        const name = `${norm}.${statistic}`;
        expect(
          await relativeError(backbone.statistics[name] as tf.Tensor, toTensor(expected(`after.${name}`))),
          name,
        ).toBeLessThan(1e-5);
      }
    const pyramid = (await create()).features(images, 'train');
    for (const layer of layers)
      expect(
        await relativeError(pyramid[layer] as tf.Tensor4D, toNhwc(expected(`train.${layer}`))),
      ).toBeLessThan(2e-5);
  });
});

describe('createResNet', () => {
  beforeAll(() => tf.setBackend('cpu'));
  const images = () => tf.randomNormal([2, 32, 48, 3], 0, 1, 'float32', 1) as tf.Tensor4D;
  const open: Backbone[] = [];
  const create = (options: Partial<ResNetOptions> = {}) => {
    const backbone = createResNet('resnet18', { layers, width: 4, seed: 3, ...options });
    open.push(backbone);
    return backbone;
  };
  afterEach(() => {
    for (const backbone of open.splice(0)) backbone.dispose();
  });

  it('gives the layers wanted, from shallow to deep, at their resolutions', () => {
    const backbone = create({ layers: ['layer4', 'layer2'] });
    expect(backbone.layers).toEqual(['layer2', 'layer4']);
    expect(backbone.channels).toEqual({ layer2: 8, layer4: 32 });
    const pyramid = backbone.features(images(), 'eval');
    expect(Object.entries(pyramid).map(([name, { shape }]) => [name, shape])).toEqual([
      ['layer2', [2, 4, 6, 8]],
      ['layer4', [2, 1, 2, 32]],
    ]);
  });

  it('runs a layer in between that is not wanted', async () => {
    const x = images();
    const all = create({ layers: ['layer1', 'layer2', 'layer3'] }).features(x, 'eval');
    const some = create({ layers: ['layer3'] }).features(x, 'eval');
    expect(await some.layer3?.data()).toEqual(await all.layer3?.data());
  });

  it('starts with the same numbers whatever else is built', async () => {
    const [less, more] = [create({ layers: ['layer1'] }), create({ layers: ['layer1', 'layer4'] })];
    expect(Object.keys(less.parameters).length).toBeLessThan(Object.keys(more.parameters).length);
    for (const [name, variable] of Object.entries(less.parameters))
      expect(await variable.data(), name).toEqual(await more.parameters[name]?.data());
  });

  it('frees everything when disposed', () => {
    const before = tf.memory();
    const backbone = createResNet('resnet50', { layers: ['layer2'], width: 4, seed: 0 });
    tf.dispose(tf.tidy(() => backbone.features(images(), 'train')));
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });

  it('keeps nothing but the features, in both modes', () => {
    const backbone = create();
    const x = images();
    for (const mode of ['train', 'eval'] as const) {
      const before = tf.memory().numTensors;
      tf.dispose(backbone.features(x, mode));
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('tells the engine what is frozen, and refuses to train it', () => {
    const frozen = new Set<object>();
    Object.assign(tf.backend(), { freeze: (dataId: object) => frozen.add(dataId) });
    try {
      const teacher = create({ frozen: true });
      const variables = [...Object.values(teacher.parameters), ...Object.values(teacher.statistics)];
      expect(frozen).toEqual(new Set(variables.map(({ dataId }) => dataId)));
      expect(variables.some(({ trainable }) => trainable)).toBe(false);
      expect(() => teacher.features(images(), 'train')).toThrow('frozen');
      frozen.clear();
      create();
      expect(frozen.size).toBe(0);
    } finally {
      delete (tf.backend() as { freeze?: unknown }).freeze;
    }
  });
});
