import { readFileSync } from 'node:fs';
import { adam, tf, trainStep } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { determinant } from './determinant.test.fixture.js';
import { meanNegativeLogLikelihood, vectorFlow } from './vector-flow.js';

beforeAll(() => tf.setBackend('cpu'));

interface Expected {
  /** `[5, 6]`. */
  readonly vectors: number[];
  readonly begin: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  readonly z: number[];
  readonly logDeterminant: number[];
  /** Before each of five steps of Adam, and after the last. */
  readonly losses: number[];
}
const expected: Expected = JSON.parse(
  readFileSync(new URL('../fixtures/vector-flow.json', import.meta.url), 'utf8'),
);
const channels = 6;
const vectors = () => tf.tensor2d(expected.vectors, [5, channels]);

/** The flow of the fixture. */
function pytorchFlow() {
  const flow = vectorFlow(channels, { steps: 2, hidden: 7, clamp: 3 }, 7);
  expect(Object.keys(flow.parameters)).toEqual(Object.keys(expected.begin));
  for (const [name, variable] of Object.entries(flow.parameters)) {
    const { shape, data } = expected.begin[name] as Expected['begin'][string];
    variable.assign(tf.tensor(data, shape));
  }
  return flow;
}
/** One whose last layers are not zero, for vectors of any length. */
function randomFlow(length: number) {
  const flow = vectorFlow(length, { steps: 3, hidden: 8, clamp: 3 }, 2);
  let seed = 0;
  for (const variable of Object.values(flow.parameters))
    variable.assign(tf.randomNormal(variable.shape, 0, 0.4, 'float32', ++seed));
  return flow;
}
const farthest = (one: tf.Tensor, other: ArrayLike<number>) =>
  Math.max(...one.dataSync().map((value, at) => Math.abs(value - (other[at] as number))));

describe('the flow of a vector', () => {
  it('is what PyTorch makes of the same numbers', () => {
    const flowed = pytorchFlow().forward(vectors());
    expect(farthest(flowed.z, expected.z)).toBeLessThan(1e-4);
    expect(farthest(flowed.logDeterminant, expected.logDeterminant)).toBeLessThan(1e-5);
  });

  it('learns as it does in PyTorch', () => {
    const { parameters, forward } = pytorchFlow();
    const optimizer = adam({ learningRate: 0.001, beta1: 0.8, beta2: 0.8, epsilon: 1e-4, weightDecay: 1e-5 });
    const learner = {
      name: 'flow',
      parameters,
      optimizer,
      loss: () => meanNegativeLogLikelihood(forward(vectors())),
    };
    const seen = { images: tf.zeros<tf.Rank.R4>([1, 1, 1, 3]), features: {} };
    for (const loss of expected.losses) {
      const { total } = trainStep(learner, seen, { rate: 1, clipNorm: null });
      expect((total.dataSync()[0] as number) / loss).toBeCloseTo(1, 4);
    }
  });

  it('begins as an order of the numbers, which is as likely as they are', () => {
    const { forward } = vectorFlow(channels, { steps: 2, hidden: 4, clamp: 3 }, 1);
    const { z, logDeterminant } = forward(vectors());
    expect([...logDeterminant.dataSync()]).toEqual([0, 0, 0, 0, 0]);
    expect([...z.dataSync().slice(0, channels)].sort()).toEqual(
      [...vectors().dataSync().slice(0, channels)].sort(),
    );
  });

  // Of an odd number one is left as it is in each block.
  it.each([6, 7])('of %d numbers gives back what went in', (length) => {
    const { forward, inverse } = randomFlow(length);
    const x = tf.randomNormal<tf.Rank.R2>([4, length], 0, 1, 'float32', 5);
    const { z } = forward(x);
    expect(farthest(inverse(z), x.dataSync())).toBeLessThan(1e-5);
    expect(farthest(z, x.dataSync())).toBeGreaterThan(0.1);
  });

  it.each([6, 7])('of %d numbers stretches space as its Jacobian says', (length) => {
    const { forward } = randomFlow(length);
    const x = tf.randomNormal<tf.Rank.R2>([1, length], 0, 1, 'float32', 6);
    const [row] = x.arraySync() as [number[]];
    const h = 1e-3;
    const jacobian = row.map((_, column) => {
      const moved = (by: number) =>
        forward(tf.tensor2d([row.map((value, at) => (at === column ? value + by : value))])).z.dataSync();
      const [plus, minus] = [moved(h), moved(-h)];
      return Array.from(plus, (value, at) => (value - (minus[at] as number)) / (2 * h));
    });
    const log = forward(x).logDeterminant.dataSync()[0];
    expect(Math.abs(log as number)).toBeGreaterThan(0.1);
    expect(log).toBeCloseTo(Math.log(Math.abs(determinant(jacobian))), 2);
  });
});
