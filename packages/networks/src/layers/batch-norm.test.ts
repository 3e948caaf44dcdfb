import { ConfigurationError, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fixturePath, readTensors, relativeError, toNhwc, toTensor } from '../../fixtures/read-fixture.js';
import { type BatchNormVariables, batchNormEval, batchNormTrain } from './batch-norm.js';

const expected = readTensors(fixturePath('kernels-expected.safetensors'));
let variables: BatchNormVariables;

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => {
  const variable = (name: string) => tf.variable(toTensor(expected(name))) as tf.Variable<tf.Rank.R1>;
  variables = {
    scale: variable('norm.weight'),
    offset: variable('norm.bias'),
    runningMean: variable('norm.running_mean'),
    runningVariance: variable('norm.running_var'),
  };
});

describe('batchNormTrain', () => {
  it("normalises like PyTorch's, and moves the running statistics like it", async () => {
    const y = batchNormTrain(toNhwc(expected('norm.x')), variables);
    expect(await relativeError(y, toNhwc(expected('norm.y')))).toBeLessThan(1e-6);
    expect(await relativeError(variables.runningMean, toTensor(expected('norm.mean-after')))).toBeLessThan(
      1e-6,
    );
    expect(await relativeError(variables.runningVariance, toTensor(expected('norm.var-after')))).toBeLessThan(
      1e-6,
    );
  });

  it("has PyTorch's gradients with respect to the input, the scale and the offset", async () => {
    const run = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
      batchNormTrain(x as tf.Tensor4D, { ...variables, scale, offset } as BatchNormVariables);
    const [dx, dScale, dOffset] = tf.grads(run)(
      [toNhwc(expected('norm.x')), variables.scale, variables.offset],
      toNhwc(expected('norm.dy')),
    ) as [tf.Tensor, tf.Tensor, tf.Tensor];
    expect(await relativeError(dx, toNhwc(expected('norm.dx')))).toBeLessThan(1e-5);
    expect(await relativeError(dScale, toTensor(expected('norm.dweight')))).toBeLessThan(1e-6);
    expect(await relativeError(dOffset, toTensor(expected('norm.dbias')))).toBeLessThan(1e-6);
  });

  it('keeps nothing but its result', () => {
    const x = toNhwc(expected('norm.x'));
    const before = tf.memory().numTensors;
    const y = tf.tidy(() => batchNormTrain(x, variables));
    expect(tf.memory().numTensors).toBe(before + 1);
    const gradients = tf.tidy(() => tf.grad((input) => batchNormTrain(input as tf.Tensor4D, variables))(x));
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([y, gradients]);
  });

  it.each([
    { mean: 1000, runningMean: 1000, error: 1e-4 },
    { mean: 1000, runningMean: 990, error: 1e-3 },
    { mean: 30, runningMean: 0, error: 1e-3 },
  ])(
    'keeps the digits of the variance where the mean is $mean deviations from zero, the running mean $runningMean',
    async ({ mean, runningMean, error }) => {
      const noise = tf.randomNormal<tf.Rank.R4>([4, 8, 8, 3], 0, 1, 'float32', 1);
      const channels = (value: number) => tf.variable(tf.fill([3], value)) as tf.Variable<tf.Rank.R1>;
      const own = {
        scale: channels(1),
        offset: channels(0),
        runningMean: channels(runningMean),
        runningVariance: channels(1),
      };
      const y = batchNormTrain(tf.add(noise, mean), own);
      const { mean: m, variance } = tf.moments(noise, [0, 1, 2]);
      const expected = tf.div(tf.sub(noise, m), tf.sqrt(tf.add(variance, 1e-5)));
      expect(await relativeError(y, expected)).toBeLessThan(error);
    },
  );

  it('refuses to train on a single value a channel', () => {
    const x = tf.zeros<tf.Rank.R4>([1, 1, 1, 3]);
    expect(() => batchNormTrain(x, variables)).toThrow(ConfigurationError);
    expect(() => batchNormTrain(x, variables)).toThrow('Use a larger batch or larger images.');
  });
});

describe('batchNormEval', () => {
  it('is (x - mean) / sqrt(variance + 1e-5) · scale + offset with the running statistics, and leaves them alone', async () => {
    const x = toNhwc(expected('norm.x'));
    const { scale, offset, runningMean, runningVariance } = variables;
    const before = await runningMean.data();
    const closed = tf.add(
      tf.mul(tf.div(tf.sub(x, runningMean), tf.sqrt(tf.add(runningVariance, 1e-5))), scale),
      offset,
    );
    expect(await relativeError(batchNormEval(x, variables), closed)).toBeLessThan(1e-6);
    expect(await runningMean.data()).toEqual(before);
  });
});
