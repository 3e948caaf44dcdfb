import { tf } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  fixturePath,
  readTensors,
  relativeError,
  toHwio,
  toNhwc,
  toTensor,
} from '../../fixtures/read-fixture.js';
import { loadWeights } from '../weights/weight-file.js';
import { createNetwork } from './network-backbone.js';
import { type ResidualShapeOptions, residualShape } from './residual-shape.js';

const layers = ['layer1', 'layer2', 'layer3', 'layer4', 'logits'];

// Networks of the fixtures, all of whose blocks have other channels, and the parameters whose gradients they hold.
const networks: [string, ResidualShapeOptions, string[]][] = [
  [
    'residual-basic',
    {
      width: 3,
      block: 'basic',
      channels: { layer1: [4, 6], layer2: 5, layer3: 4, layer4: 6 },
      innerChannels: { layer1: [2, 3], layer3: 3, layer4: 4 },
      classes: 3,
    },
    ['layer1.1.downsample.0.weight', 'layer4.0.conv1.weight', 'fc.weight', 'fc.bias'],
  ],
  [
    'residual-bottleneck',
    {
      width: 8,
      block: 'bottleneck',
      channels: { stem: 5, layer2: [8, 6], layer3: 9, layer4: 5 },
      innerChannels: { layer2: [2, 3] },
      classes: 3,
    },
    ['layer1.0.downsample.0.weight', 'layer2.1.downsample.0.weight', 'fc.weight', 'fc.bias'],
  ],
];
const cases = networks.flatMap(([name, options, parameters]) =>
  (['cpu', 'onnxruntime'] as const).map((backend) => ({ name, options, parameters, backend })),
);

describe.each(cases)('$name on $backend against PyTorch', ({ name, options, parameters, backend }) => {
  beforeAll(() => tf.setBackend(backend));
  const expected = readTensors(fixturePath(`${name}-expected.safetensors`));
  const create = async () => {
    const { state } = await loadWeights(fixturePath(`${name}.safetensors`));
    return createNetwork(residualShape(options), { layers, seed: 0, state });
  };
  const ofPyTorch = (key: string): tf.Tensor => {
    const tensor = expected(key);
    if (tensor.shape.length === 4) return toNhwc(tensor);
    return tf.reshape(toTensor(tensor), [tensor.shape[0] as number, 1, 1, -1]);
  };

  it.each(['eval', 'train'] as const)('gives the same features and logits in mode %s', async (mode) => {
    const pyramid = (await create()).features(toNhwc(expected('images')), mode);
    for (const layer of layers)
      expect(
        await relativeError(pyramid[layer] as tf.Tensor4D, ofPyTorch(`${mode}.${layer}`)),
        layer,
      ).toBeLessThan(1e-4);
  });

  it('has, after measuring, the statistics of the batch', async () => {
    const backbone = await create();
    const images = toNhwc(expected('images'));
    const { layer1 } = backbone.features(images, 'measure');
    const [n, height, width] = (layer1 as tf.Tensor4D).shape;
    const count = n * height * width;
    const again = backbone.features(images, 'eval');
    // The running variance is unbiased, what normalises in training is not.
    expect(await relativeError(again.layer1 as tf.Tensor4D, layer1 as tf.Tensor4D)).toBeLessThan(2 / count);
    expect(await relativeError(again.layer1 as tf.Tensor4D, ofPyTorch('eval.layer1'))).toBeGreaterThan(0.01);
  });

  it('has the same gradients', async () => {
    const backbone = await create();
    const images = toNhwc(expected('images'));
    const loss = () =>
      tf.addN(
        Object.values(backbone.features(images, 'train')).map((x) => tf.sum(tf.square(x))),
      ) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, Object.values(backbone.parameters));
    for (const parameter of parameters) {
      const gradient = expected(`gradient.${parameter}`);
      const inOurLayout = gradient.shape.length === 2 ? tf.transpose(toTensor(gradient)) : toHwio(gradient);
      expect(
        await relativeError(grads[backbone.parameters[parameter]?.name as string] as tf.Tensor, inOurLayout),
        parameter,
      ).toBeLessThan(1e-3);
    }
  });
});
