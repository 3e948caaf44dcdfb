import { tf } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { relativeError } from '../../fixtures/read-fixture.js';
import { batchNorm, convolution, maxPool, relu, sequence, stem } from './layer.js';

const CHANNELS = 32;

// In training the stem pools before it normalises; a scale below zero is where that could go wrong.
describe.each(['cpu', 'onnxruntime'])('stem on %s', (backend) => {
  it('trains as its layers one after another, whatever the signs of the scale', async () => {
    await tf.setBackend(backend);
    const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
    const variablesOf = () =>
      Object.fromEntries(
        Object.entries({
          'conv1.weight': random([7, 7, 3, CHANNELS], 1),
          'bn1.weight': random([CHANNELS], 2),
          'bn1.bias': random([CHANNELS], 3),
          'bn1.running_mean': random([CHANNELS], 4),
          'bn1.running_var': tf.ones([CHANNELS]),
        }).map(([name, values]) => [name, tf.variable(values, true, `${name}.${Math.random()}`)]),
      );
    const images = random([2, 32, 32, 3], 5) as tf.Tensor4D;
    const upstream = random([2, 8, 8, CHANNELS], 6);
    const inOrder = sequence(
      convolution('conv1', 3, CHANNELS, { size: 7, stride: 2 }),
      batchNorm('bn1', CHANNELS),
      relu,
      maxPool,
    );
    const outcomes = [inOrder, stem('conv1', 'bn1', CHANNELS)].map((layer) => {
      const variables = variablesOf();
      const loss = () =>
        tf.sum(tf.mul(layer.apply(images, { variables, mode: 'train' }), upstream)) as tf.Scalar;
      const learnt = ['conv1.weight', 'bn1.weight', 'bn1.bias'].map((name) => variables[name] as tf.Variable);
      const { value, grads } = tf.variableGrads(loss, learnt);
      return [
        value,
        ...learnt.map(({ name }) => grads[name] as tf.Tensor),
        variables['bn1.running_mean'] as tf.Tensor,
        variables['bn1.running_var'] as tf.Tensor,
      ];
    });
    const [expected, actual] = outcomes as [tf.Tensor[], tf.Tensor[]];
    for (const [i, tensor] of actual.entries())
      expect(await relativeError(tensor, expected[i] as tf.Tensor)).toBeLessThan(1e-4);
  });
});
