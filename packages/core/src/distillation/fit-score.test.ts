import { disposeVariables, memory, mul, type Tensor4D } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { ScoreFunction } from '../contracts/score-function.js';
import { tf } from '../tensors/tf.js';
import { fitScore } from './fit-score.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

const multiple = (factor: number): Backbone => ({
  layers: ['layer1'],
  channels: { layer1: 3 },
  parameters: {},
  statistics: {},
  features: (images, _mode, teacher) => ({ layer1: mul(teacher?.layer1 ?? images, factor) }),
  dispose() {},
});

async function* batches(): AsyncGenerator<Tensor4D> {
  for (const value of [1, 2]) {
    const images = tf.fill([1, 2, 4, 3], value) as Tensor4D;
    yield images;
    images.dispose();
  }
}

describe('fitScore', () => {
  it('shows the score what the networks see in each batch, students after the teacher, and keeps nothing', async () => {
    const seen: unknown[] = [];
    const score: ScoreFunction = {
      minStudents: 1,
      anomalyMaps: () => {
        throw new Error('not asked for');
      },
      async fit(given) {
        for await (const { teacher, students, size } of given)
          seen.push([[teacher, ...students].map(({ layer1 }) => layer1?.dataSync()[0]), size]);
      },
    };
    const before = memory().numTensors;
    await fitScore(score, multiple(10), [multiple(2), multiple(3)], batches());
    expect(seen).toEqual([
      [
        [10, 20, 30],
        [2, 4],
      ],
      [
        [20, 40, 60],
        [2, 4],
      ],
    ]);
    expect(memory().numTensors).toBe(before);
  });
});
