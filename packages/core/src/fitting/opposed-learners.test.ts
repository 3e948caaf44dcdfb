/** Learners whose losses depend on each other, as those of a generator and its discriminator do. */
import { disposeVariables, type Scalar, tidy, type Variable } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Learnable } from '../contracts/model.js';
import { joined, variablesState } from '../model/joined.js';
import { adam } from '../optimizers/adam.js';
import { sgd } from '../optimizers/sgd.js';
import { imagenetNormalization } from '../tensors/normalization.js';
import { tf } from '../tensors/tf.js';
import type { FitEvent } from './fit.js';
import { fitted, images, memoryStore } from './learnable.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

const rate = 0.1;
const plain = () => sgd({ learningRate: rate, momentum: 0, weightDecay: 0 });
const moments = () => adam({ learningRate: rate, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });

/** One minimises x·y, the other −x·y; each pass of either also moves a statistic of the first, and draws a number. */
function opposed(optimizer = plain, epochs = 1) {
  const [x, y] = [tf.variable(tf.scalar(3)), tf.variable(tf.scalar(5))];
  const running = tf.variable(tf.scalar(0), false);
  const measured: number[] = [];
  const loss =
    (sign: number) =>
    (_seen: unknown, mode: string, random: () => number): Scalar => {
      const drawn = random();
      if (mode === 'measure') measured.push(drawn);
      if (mode !== 'eval') tidy(() => running.assign(tf.add(tf.mul(running, 0.5), drawn)));
      return tf.mul(tf.mul(x, y), sign) as Scalar;
    };
  const learnable: Learnable = {
    normalization: imagenetNormalization,
    ...joined({ first: variablesState({ x, running }), second: variablesState({ y }) }),
    stages: [
      {
        name: 'duel',
        epochs,
        keep: 'last',
        preciseBatchNorm: true,
        learners: [
          {
            name: 'first',
            parameters: { x },
            statistics: { running },
            optimizer: optimizer(),
            loss: loss(1),
          },
          { name: 'second', parameters: { y }, optimizer: optimizer(), loss: loss(-1) },
        ],
        review: (records) => [`${records.length} epochs`],
      },
    ],
  };
  return { learnable, x, y, measured };
}
const numberIn = (variable: Variable) => variable.dataSync()[0] as number;

describe('learners that work against each other', () => {
  it('move their own parameters alone, the second one after the first has moved', async () => {
    const { learnable, x, y } = opposed();
    await fitted(learnable, { batchSize: 10 });
    expect(numberIn(x)).toBeCloseTo(3 - rate * 5, 6);
    expect(numberIn(y)).toBeCloseTo(5 + rate * (3 - rate * 5), 6);
  });

  it('draw other numbers for each batch that statistics are measured on', async () => {
    const { learnable, measured } = opposed();
    await fitted(learnable);
    expect(measured).toHaveLength(3);
    expect(new Set(measured).size).toBe(3);
  });

  it('go on from a checkpoint to the same numbers, bit for bit, statistics included', async () => {
    const straight = opposed(moments, 4);
    await fitted(straight.learnable);
    const checkpoints = memoryStore();
    const aborted = new AbortController();
    const interrupted = opposed(moments, 4);
    const stopAfter = (event: FitEvent) => {
      if (event.type === 'epoch' && event.record.epoch === 2) aborted.abort(new Error('stop'));
    };
    await expect(
      fitted(interrupted.learnable, { checkpoints, onProgress: stopAfter, signal: aborted.signal }),
    ).rejects.toThrow('stop');
    const resumed = opposed(moments, 4);
    await fitted(resumed.learnable, { checkpoints });
    for (const [name, value] of Object.entries(straight.learnable.state()))
      expect(resumed.learnable.state()[name]?.dataSync(), name).toEqual(value.dataSync());
  });
});

it('what a stage says of its epochs is noted, also where it ended before an interruption', async () => {
  const notesOf = async (checkpoints = memoryStore()) => {
    const notes: string[] = [];
    await fitted(opposed(plain, 2).learnable, {
      heldOut: images(0),
      checkpoints,
      onProgress: (event) => event.type === 'note' && notes.push(event.message),
    });
    return notes;
  };
  const checkpoints = memoryStore();
  expect(await notesOf(checkpoints)).toEqual(['2 epochs']);
  expect(await notesOf(checkpoints)).toEqual(['2 epochs']);
});
