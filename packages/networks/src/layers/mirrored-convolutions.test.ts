import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { sequence, tanh } from './layer.js';
import { layerNetwork } from './layer-network.js';
import {
  fromVector,
  mirroredDecoder,
  mirroredEncoder,
  mirroredShape,
  toVector,
} from './mirrored-convolutions.js';

beforeAll(() => tf.setBackend('cpu'));

const shape = mirroredShape({ height: 11, width: 8 }, { depth: 2, width: 4, most: 8 });
const style = { normalized: true, slope: 0 };
const encoder = sequence(
  mirroredEncoder('e', shape, { normalized: true, slope: 0.2 }),
  toVector('e.code', shape, 5, { bias: false }),
);
const decoder = sequence(fromVector('d.code', shape, 5, style), mirroredDecoder('d', shape, style), tanh);

describe('mirrored convolutions', () => {
  it('give back the size of an image whose sides are odd', () => {
    expect(shape.sizes).toEqual([
      [11, 8],
      [6, 4],
      [3, 2],
    ]);
    const [down, up] = [layerNetwork(encoder, 1), layerNetwork(decoder, 1)];
    const code = down.apply(tf.ones([2, 11, 8, 3]), 'eval');
    expect(code.shape).toEqual([2, 1, 1, 5]);
    expect(up.apply(code, 'eval').shape).toEqual([2, 11, 8, 3]);
  });

  it('normalise no layer that touches the image or the vector, and have a bias in none', () => {
    const names = [...encoder.tensors, ...decoder.tensors].map(({ name }) => name);
    expect(names.filter((name) => name.endsWith('.norm.weight'))).toEqual([
      'e.1.norm.weight',
      'd.code.norm.weight',
      'd.1.norm.weight',
    ]);
    expect(names.filter((name) => name.endsWith('.bias') && !name.includes('.norm.'))).toEqual([]);
  });

  it('say what they cost', () => {
    const { parameters, multiplyAdds } = layerNetwork(encoder, 1).cost([11, 8]);
    const kernels = [16 * 3 * 4, 16 * 4 * 8, 6 * 8 * 5] as const;
    expect(parameters).toBe(kernels[0] + kernels[1] + kernels[2] + 2 * 8);
    expect(multiplyAdds).toBe(kernels[0] * 24 + kernels[1] * 6 + kernels[2]);
  });

  it('begin with the deviation that is asked for', () => {
    const network = layerNetwork(encoder, 1, { deviation: 0.02 });
    const kernel = network.parameters['e.1.weight'] as tf.Variable;
    expect(tf.moments(kernel).variance.dataSync()[0]).toBeCloseTo(0.0004, 4);
    expect(Math.sqrt(tf.mean(tf.square(kernel)).dataSync()[0] as number) / 0.02).toBeCloseTo(1, 0);
  });

  it('refuse images that are too small', () => {
    expect(() => mirroredShape({ height: 8, width: 3 }, { depth: 2, width: 1, most: 1 })).toThrow(
      'Images of 8x3 cannot be halved 2 times',
    );
  });
});
