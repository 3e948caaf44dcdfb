import { disposeVariables, memory, type Tensor4D } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Learner } from '../contracts/stage.js';
import { sgd } from '../optimizers/sgd.js';
import { tf } from '../tensors/tf.js';
import { lossOf, trainStep } from './step.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

const seen = { images: tf.zeros<tf.Rank.R4>([1, 1, 1, 3]), features: {} as Record<string, Tensor4D> };
const plainly = { rate: 1, clipNorm: null };

/** A parameter x with the loss x², in two terms where it is asked for; and one that the loss does not depend on. */
function learner(loss: 'one' | 'terms' = 'one'): Learner {
  const x = tf.variable(tf.scalar(3));
  const idle = tf.variable(tf.scalar(5));
  return {
    name: 'x',
    parameters: { x, idle },
    optimizer: sgd({ learningRate: 0.1, momentum: 0, weightDecay: 0 }),
    loss: () => {
      const square = tf.square(x) as tf.Scalar;
      if (loss === 'one') return square;
      return { part: tf.mul(square, 0.25), rest: tf.mul(square, 0.75) };
    },
  };
}
const numberIn = (tensor: tf.Tensor | undefined) => tensor?.dataSync()[0];

describe('trainStep', () => {
  it.each(['one', 'terms'] as const)(
    'moves the parameters against the gradient, and gives the loss before: %s',
    (kind) => {
      const own = learner(kind);
      const { total, terms } = trainStep(own, seen, plainly);
      expect(numberIn(total)).toBeCloseTo(9, 5);
      expect(numberIn(own.parameters.x)).toBeCloseTo(3 - 0.1 * 6, 5);
      expect(numberIn(own.parameters.idle)).toBe(5);
      expect(Object.entries(terms).map(([name, term]) => [name, numberIn(term)])).toEqual(
        kind === 'one'
          ? []
          : [
              ['part', 2.25],
              ['rest', 6.75],
            ],
      );
    },
  );

  it('takes the rate and the limit of the norm', () => {
    const [slow, short] = [learner(), learner()];
    trainStep(slow, seen, { rate: 0.5, clipNorm: null });
    trainStep(short, seen, { rate: 1, clipNorm: 2 });
    expect(numberIn(slow.parameters.x)).toBeCloseTo(3 - 0.1 * 0.5 * 6, 5);
    expect(numberIn(short.parameters.x)).toBeCloseTo(3 - 0.1 * 2, 5);
  });

  it('leaves the loss and its terms to the caller, and nothing else', () => {
    const own = learner('terms');
    const first = trainStep(own, seen, plainly);
    tf.dispose([first.total, ...Object.values(first.terms)]);
    const before = memory().numTensors;
    const { total, terms } = trainStep(own, seen, plainly);
    expect(memory().numTensors).toBe(before + 3);
    tf.dispose([total, ...Object.values(terms)]);
    expect(memory().numTensors).toBe(before);
  });
});

describe('what a loss is given', () => {
  const given: unknown[] = [];
  const own = (): Learner => ({
    ...learner(),
    loss: (_seen, mode, random, progress) => {
      given.push([mode, random(), progress]);
      return tf.scalar(0);
    },
  });

  it('is the progress and the numbers of the step', () => {
    given.length = 0;
    lossOf(own(), seen, 'train', { random: () => 0.25, progress: 0.5 });
    expect(given).toEqual([['train', 0.25, 0.5]]);
  });

  it('is the end of the stage and always the same numbers, where nothing is said', () => {
    given.length = 0;
    for (const _ of [1, 2]) lossOf(own(), seen, 'eval');
    const [first, second] = given as [unknown[], unknown[]];
    expect(first).toEqual(second);
    expect(first[2]).toBe(1);
  });
});

describe('lossOf', () => {
  it('is the sum of the terms, a tensor of its own', () => {
    const term = tf.scalar(4);
    const { total, terms } = lossOf({ ...learner(), loss: () => ({ term }) }, seen, 'eval');
    expect(total).not.toBe(term);
    expect([numberIn(total), Object.keys(terms)]).toEqual([4, ['term']]);
    expect(numberIn(lossOf(learner('terms'), seen, 'eval').total)).toBeCloseTo(9, 5);
    expect(lossOf(learner(), seen, 'eval').terms).toEqual({});
  });
});
