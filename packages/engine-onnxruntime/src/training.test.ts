import '@adfw/tfjs-gradients';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { OnnxRuntimeBackend } from './index.js';

/**
 * A small residual network, written as such networks are in tfjs, with every convolution and pooling of a ResNet: a first
 * layer of three channels, strides, a shortcut with a projection.
 */
const EPSILON = 1e-5;

/** Batch normalisation by the batch's statistics, its gradient written out. */
function batchNorm(x: tf.Tensor4D, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor4D {
  const count = x.size / (x.shape[3] as number);
  const normalize = tf.customGrad((...inputs) => {
    const [data, gamma, beta, save] = inputs as unknown as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    const { mean, variance } = tf.moments(data, [0, 1, 2]);
    const inverse = tf.rsqrt(tf.add(variance, EPSILON));
    save([data, gamma, mean, inverse]);
    return {
      value: tf.batchNorm(data, mean as tf.Tensor1D, variance as tf.Tensor1D, beta, gamma, EPSILON),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [input, factor, mu, inv] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const dBeta = tf.sum(dy, [0, 1, 2]);
        const dGamma = tf.mul(tf.sum(tf.mul(dy, tf.sub(input, mu)), [0, 1, 2]), inv);
        const a = tf.mul(factor, inv);
        const b = tf.mul(tf.mul(a, inv), tf.mul(dGamma, -1 / count));
        const c = tf.sub(tf.mul(tf.mul(a, dBeta), -1 / count), tf.mul(b, mu));
        return [tf.add(tf.mul(dy, a), tf.add(tf.mul(input, b), c)), dGamma, dBeta];
      },
    };
  });
  return normalize(x, scale, offset) as tf.Tensor4D;
}

/** Numbers in [-1, 1) that look random, and are the same every time. */
function noise(length: number, seed: number): Float32Array {
  let state = seed * 7919 + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

function network(channels: number) {
  const variables: tf.Variable[] = [];
  const variable = (shape: number[], scale: number, offset = 0) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = noise(size, variables.length).map((value) => offset + scale * value);
    const made = tf.variable(tf.tensor(values, shape));
    variables.push(made);
    return made as tf.Variable<tf.Rank.R4>;
  };
  const layer = (size: number, from: number, to: number, stride: number, pad: number) => {
    const filter = variable([size, size, from, to], 1.5 / Math.sqrt(size * size * from));
    const [scale, offset] = [variable([to], 0.2, 1), variable([to], 0.2)];
    return (x: tf.Tensor4D) =>
      batchNorm(tf.conv2d(x, filter, stride, pad, 'NHWC', 1, 'floor'), scale, offset);
  };
  const stem = layer(7, 3, channels, 2, 3);
  const [a1, a2] = [layer(3, channels, channels, 1, 1), layer(3, channels, channels, 1, 1)];
  const [b1, b2] = [layer(3, channels, 2 * channels, 2, 1), layer(3, 2 * channels, 2 * channels, 1, 1)];
  const projection = layer(1, channels, 2 * channels, 2, 0);
  const forward = (images: tf.Tensor4D): tf.Tensor4D[] => {
    const pooled = tf.maxPool(tf.relu(stem(images)), 3, 2, 1, 'floor');
    const first = tf.relu(tf.add(a2(tf.relu(a1(pooled))), pooled)) as tf.Tensor4D;
    const second = tf.relu(tf.add(b2(tf.relu(b1(first))), projection(first))) as tf.Tensor4D;
    return [first, second];
  };
  return { variables, forward };
}

const unit = (x: tf.Tensor4D) =>
  tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), -1, true), 1e-24))) as tf.Tensor4D;

/** The losses of some steps of SGD with momentum, and the momentum of each variable after them. */
function train(batch: number, size: number, channels: number, steps = 5) {
  const { variables, forward } = network(channels);
  const pixels = noise(batch * size * size * 3, 100);
  const images = tf.tensor4d(pixels, [batch, size, size, 3]);
  const targets = forward(images).map((x, i) => tf.tensor4d(noise(x.size, 200 + i).map(Math.abs), x.shape));
  const momenta = variables.map((v) => tf.variable(tf.zerosLike(v)));
  const losses = Array.from({ length: steps }, () => {
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => {
        const terms = forward(images).map((x, i) =>
          tf.mul(tf.sum(tf.squaredDifference(unit(x), unit(targets[i] as tf.Tensor4D))), 1 / batch),
        );
        return tf.addN(terms) as tf.Scalar;
      }, variables);
      variables.forEach((v, i) => {
        const momentum = momenta[i] as tf.Variable;
        momentum.assign(tf.add(tf.mul(momentum, 0.9), tf.add(grads[v.name] as tf.Tensor, tf.mul(v, 1e-4))));
        v.assign(tf.sub(v, tf.mul(momentum, 0.001)));
      });
      return value;
    });
    return loss.dataSync()[0] as number;
  });
  return { losses, momenta: momenta.map((m) => m.dataSync() as Float32Array) };
}

function relativeDistance(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  expected.forEach((value, i) => {
    difference += ((actual[i] as number) - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}

function expectEqual(actual: ReturnType<typeof train>, expected: ReturnType<typeof train>): void {
  expected.losses.forEach((loss, i) => {
    expect((actual.losses[i] as number) / loss).toBeCloseTo(1, 5);
  });
  expected.momenta.forEach((momentum, i) => {
    expect(relativeDistance(actual.momenta[i] as Float32Array, momentum)).toBeLessThan(1e-5);
  });
}

describe('training', () => {
  it.each([
    [3, 16, 16, 1],
    [18, 16, 16, 2],
    [4, 24, 16, 5],
    [2, 20, 12, 5],
  ])(
    "takes the steps of tfjs's cpu backend: batch %i, size %i, %i channels, %i steps",
    async (...network) => {
      await tf.setBackend('cpu');
      const expected = train(...network);
      await tf.setBackend('onnxruntime');
      expectEqual(train(...network), expected);
    },
  );

  it('takes the same steps where convolutions are not blocked', async () => {
    tf.registerBackend('plain', () => new OnnxRuntimeBackend({ blockedConvolutions: false }));
    for (const config of tf.getKernelsForBackend('onnxruntime')) {
      tf.registerKernel({ ...config, backendName: 'plain' });
    }
    await tf.setBackend('onnxruntime');
    const expected = train(4, 24, 16, 2);
    await tf.setBackend('plain');
    const actual = train(4, 24, 16, 2);
    tf.setBackend('onnxruntime');
    tf.removeBackend('plain');
    expectEqual(actual, expected);
  });

  it('gives the same bits again', async () => {
    await tf.setBackend('onnxruntime');
    const [first, second] = [train(4, 24, 16, 3), train(4, 24, 16, 3)];
    expect(second.losses).toEqual(first.losses);
    expect(second.momenta).toEqual(first.momenta);
  });

  it("runs tfjs's optimizers", async () => {
    for (const make of [
      () => tf.train.sgd(0.1),
      () => tf.train.momentum(0.1, 0.9),
      () => tf.train.adam(0.1),
      () => tf.train.rmsprop(0.1),
      () => tf.train.adagrad(0.1),
    ]) {
      const results: number[][] = [];
      for (const backend of ['cpu', 'onnxruntime']) {
        await tf.setBackend(backend);
        const w = tf.variable(tf.tensor1d([1, -2, 3]));
        const optimizer = make();
        for (let i = 0; i < 4; i++)
          optimizer.minimize(() => tf.mean(tf.square(tf.sub(w, 0.5))) as tf.Scalar, false, [w]);
        results.push([...w.dataSync()]);
      }
      results[0]?.forEach((value, i) => {
        expect(results[1]?.[i]).toBeCloseTo(value, 5);
      });
    }
  });
});
