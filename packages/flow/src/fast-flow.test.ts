import { readFileSync } from 'node:fs';
import { adam, tf, trainStep } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { levelFlow, negativeLogLikelihood, unlikelihood } from './fast-flow.js';

beforeAll(() => tf.setBackend('cpu'));

interface Expected {
  readonly images: number[];
  readonly begin: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  readonly z: number[];
  readonly logDeterminant: number[];
  /** Before each of five steps of Adam, and after the last. */
  readonly losses: number[];
}
const expected: Expected = JSON.parse(
  readFileSync(new URL('../fixtures/fast-flow.json', import.meta.url), 'utf8'),
);
const shape = [3, 5, 4, 6] as const;

/** The flow of the fixture. */
function pytorchFlow() {
  const flow = levelFlow([5, 4, 6], { steps: 3, kernels: '3x3', hiddenRatio: 1, clamp: 2 }, 7);
  for (const [name, variable] of Object.entries(flow.parameters)) {
    const { shape, data } = expected.begin[name] as Expected['begin'][string];
    variable.assign(tf.tensor(data, shape));
  }
  return flow;
}
const images = () => tf.tensor4d(expected.images, [...shape]);

describe('the flow of a layer', () => {
  it('is what PyTorch makes of the same numbers', () => {
    const { z, logDeterminant } = pytorchFlow().forward(images());
    const difference = tf.max(tf.abs(tf.sub(z, tf.tensor4d(expected.z, [...shape]))));
    expect(difference.dataSync()[0]).toBeLessThan(1e-4);
    logDeterminant.dataSync().forEach((value, image) => {
      expect(value).toBeCloseTo(expected.logDeterminant[image] as number, 3);
    });
  });

  it('learns as it does in PyTorch', () => {
    const { forward, parameters } = pytorchFlow();
    const optimizer = adam({
      learningRate: 0.001,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 1e-5,
    });
    const learner = {
      name: 'flow',
      parameters,
      optimizer,
      loss: () => tf.mean(negativeLogLikelihood(forward(images()))) as tf.Scalar,
    };
    const seen = { images: images(), features: {} };
    for (const loss of expected.losses) {
      const { total } = trainStep(learner, seen, { rate: 1, clipNorm: null });
      expect((total.dataSync()[0] as number) / loss).toBeCloseTo(1, 4);
    }
  });

  it('begins as the normalisation alone, of which an image is as likely as another', () => {
    const flow = levelFlow([5, 4, 6], { steps: 2, kernels: 'alternating', hiddenRatio: 0.5, clamp: 2 }, 1);
    const { z, logDeterminant } = flow.forward(images());
    expect([...logDeterminant.dataSync()]).toEqual([0, 0, 0]);
    const squares = tf.sum(tf.square(z), [1, 2, 3]).dataSync();
    for (const square of squares) expect(square / 120).toBeCloseTo(1, 3);
    const map = unlikelihood(z);
    expect(map.shape).toEqual([3, 5, 4]);
    for (const value of map.dataSync()) expect(value >= 0 && value < 1).toBe(true);
  });
});
