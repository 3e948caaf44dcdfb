import { readFileSync } from 'node:fs';
import { adam, tf, trainStep } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { conditionalFlow, logLikelihood, negativeLogSigmoid } from './conditional-flow.js';
import { determinant } from './determinant.test.fixture.js';
import { positionCode } from './position-code.js';

beforeAll(() => tf.setBackend('cpu'));

interface Expected {
  /** `[2, 3, 4, 7]`. */
  readonly images: number[];
  /** `[3, 4, 8]`. */
  readonly code: number[];
  readonly begin: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  readonly z: number[];
  readonly logDeterminant: number[];
  readonly logLikelihood: number[];
  /** Before each of six steps of Adam. */
  readonly losses: number[];
}
const expected: Expected = JSON.parse(
  readFileSync(new URL('../fixtures/conditional-flow.json', import.meta.url), 'utf8'),
);
const [channels, codeChannels] = [7, 8];
const rows = () => tf.tensor2d(expected.images, [24, channels]);
const code = () => positionCode(3, 4, codeChannels);

/** The flow of the fixture. */
function pytorchFlow() {
  const flow = conditionalFlow(channels, codeChannels, { steps: 3, clamp: 1.9 }, 7);
  expect(Object.keys(flow.parameters)).toEqual(Object.keys(expected.begin));
  for (const [name, variable] of Object.entries(flow.parameters)) {
    const { shape, data } = expected.begin[name] as Expected['begin'][string];
    variable.assign(tf.tensor(data, shape));
  }
  return flow;
}
const farthest = (one: tf.Tensor, other: readonly number[]) =>
  Math.max(...one.dataSync().map((value, at) => Math.abs(value - (other[at] as number))));

describe('the flow of vectors that know where they are', () => {
  it('is what PyTorch makes of the same numbers', () => {
    expect(farthest(code(), expected.code)).toBeLessThan(1e-6);
    const flowed = pytorchFlow().at(code()).forward(rows());
    expect(farthest(flowed.z, expected.z)).toBeLessThan(1e-5);
    expect(farthest(flowed.logDeterminant, expected.logDeterminant)).toBeLessThan(1e-5);
    expect(farthest(logLikelihood(flowed), expected.logLikelihood)).toBeLessThan(1e-5);
  });

  it('learns as it does in PyTorch', () => {
    const { parameters, at } = pytorchFlow();
    const optimizer = adam({
      learningRate: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
    });
    const learner = {
      name: 'flow',
      parameters,
      optimizer,
      loss: () => negativeLogSigmoid(logLikelihood(at(code()).forward(rows()))),
    };
    const seen = { images: tf.zeros<tf.Rank.R4>([1, 1, 1, 3]), features: {} };
    for (const loss of expected.losses) {
      const { total } = trainStep(learner, seen, { rate: 1, clipNorm: null });
      expect((total.dataSync()[0] as number) / loss).toBeCloseTo(1, 4);
    }
  });

  it('gives back what went in', () => {
    const flow = pytorchFlow().at(code());
    const back = flow.inverse(flow.forward(rows()).z);
    expect(farthest(back, expected.images)).toBeLessThan(1e-5);
  });

  it('stretches space as its Jacobian says', () => {
    const flow = pytorchFlow().at(tf.slice(code(), [5, 0], [1, codeChannels]));
    const row = expected.images.slice(0, channels);
    const { logDeterminant } = flow.forward(tf.tensor2d([row]));
    const h = 1e-2;
    const jacobian = row.map((_, column) => {
      const moved = (by: number) =>
        flow
          .forward(tf.tensor2d([row.map((value, at) => (at === column ? value + by : value))]))
          .z.dataSync();
      const [plus, minus] = [moved(h), moved(-h)];
      return Array.from(plus, (value, at) => (value - (minus[at] as number)) / (2 * h));
    });
    expect(logDeterminant.dataSync()[0]).toBeCloseTo(Math.log(Math.abs(determinant(jacobian))), 2);
  });

  it('says otherwise of the same vector elsewhere', () => {
    const flow = pytorchFlow();
    const vector = tf.slice(rows(), [0, 0], [1, channels]);
    const at = (position: number) =>
      logLikelihood(
        flow.at(tf.slice(code(), [position, 0], [1, codeChannels])).forward(vector),
      ).dataSync()[0];
    expect(at(0)).not.toBeCloseTo(at(11) as number, 3);
  });
});
