import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { createResNet } from '../resnet/resnet.js';
import { noiseOfAllScales } from './calibration.js';

beforeAll(() => tf.setBackend('cpu'));

const layers = ['layer1', 'layer2'];
const network = (calibrated: boolean) => createResNet('resnet18', { layers, width: 8, seed: 1, calibrated });

/** How far the features with running statistics are from those with the batch's own, relative to the latter, in layer2. */
function difference(calibrated: boolean): number {
  const [backbone, noise] = [network(calibrated), noiseOfAllScales()];
  return tf.tidy(() => {
    const running = backbone.features(noise, 'eval').layer2 as tf.Tensor4D;
    const own = backbone.features(noise, 'train').layer2 as tf.Tensor4D;
    return tf.div(tf.norm(tf.sub(running, own)), tf.norm(own)).dataSync()[0] as number;
  });
}

describe('a calibrated random network', () => {
  it('normalises with the statistics that its layers have, where one that is not does not', () => {
    expect(difference(true)).toBeLessThan(0.01);
    expect(difference(false)).toBeGreaterThan(0.5);
  });

  it('is the same each time', () => {
    const [first, second] = [network(true), network(true)];
    for (const [name, value] of Object.entries(first.statistics))
      expect(second.statistics[name]?.dataSync(), name).toEqual(value.dataSync());
  });

  it('keeps its weights', () => {
    const [calibrated, plain] = [network(true), network(false)];
    for (const [name, value] of Object.entries(plain.parameters))
      expect(calibrated.parameters[name]?.dataSync(), name).toEqual(value.dataSync());
  });
});
