import { type Mode, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { batchNorm, layerNetwork } from '@adfw/networks';
import { beforeAll, describe, it } from 'vitest';
import { judgedBoth } from './adversarial-stages.js';
import { expectNear, numbers } from './sines.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

const images = (...values: number[]) => [tf.tensor4d(values, [values.length, 1, 1, 1])] as const;
const judging = () => {
  const network = layerNetwork(batchNorm('norm', 1), 1);
  const judged = ([x]: readonly [tf.Tensor4D], mode: Mode) => network.apply(x, mode);
  return { ...network, judged };
};

describe('what is real and what is generated', () => {
  it('is normalised each by its own statistics in training', () => {
    const { real, generated } = judgedBoth(judging().judged, images(1, 3), images(50, 70), 'train');
    expectNear(numbers(real), [-1, 1]);
    expectNear(numbers(generated), [-1, 1]);
  });

  it('has the statistics of both where they are measured', () => {
    const { judged, statistics } = judging();
    const { real, generated } = judgedBoth(judged, images(1, 3), images(5, 7), 'measure');
    expectNear(numbers(statistics['norm.running_mean']), [4]);
    expectNear(numbers(statistics['norm.running_var']), [20 / 3]);
    expectNear(
      [...numbers(real), ...numbers(generated)],
      [-3, -1, 1, 3].map((value) => value / Math.sqrt(5)),
    );
  });
});
