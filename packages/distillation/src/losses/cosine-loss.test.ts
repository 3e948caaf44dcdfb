import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { cosineLoss } from './cosine-loss.js';

beforeAll(() => tf.setBackend('cpu'));

const features = (shape: [number, number, number, number], seed: number) =>
  tf.relu(tf.randomNormal(shape, 0.3, 1, 'float32', seed)) as tf.Tensor4D;

describe('cosineLoss', () => {
  const teacher = { layer1: features([2, 3, 4, 5], 1), layer2: features([2, 2, 2, 8], 2) };
  const student = { layer1: features([2, 3, 4, 5], 3), layer2: features([2, 2, 2, 8], 4) };

  it('is one minus the cosine similarity: the mean over positions, summed over layers', async () => {
    let expected = 0;
    for (const layer of ['layer1', 'layer2'] as const) {
      const [t, s] = [await teacher[layer].array(), await student[layer].array()];
      const [images, height, width] = teacher[layer].shape;
      for (let n = 0; n < images; n++)
        for (let i = 0; i < height; i++)
          for (let j = 0; j < width; j++) {
            const [a, b] = [t[n]?.[i]?.[j] as number[], s[n]?.[i]?.[j] as number[]];
            const dot = (x: number[], y: number[]) =>
              x.reduce((sum, value, c) => sum + value * (y[c] as number), 0);
            expected += (1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))) / (height * width);
          }
    }
    expect(cosineLoss('sum')(teacher, student).dataSync()[0]).toBeCloseTo(expected, 5);
    expect(cosineLoss('mean')(teacher, student).dataSync()[0]).toBeCloseTo(expected / 2, 5);
  });

  it('compares whole maps where it is asked to: one minus the cosine of an image, the mean or the sum over images', async () => {
    let expected = 0;
    for (const layer of ['layer1', 'layer2'] as const)
      for (const image of [0, 1]) {
        const half = (x: tf.Tensor4D) => tf.reshape(tf.slice(x, image, 1), [-1]);
        const [t, s] = [half(teacher[layer]), half(student[layer])];
        const cosine = tf.div(tf.sum(tf.mul(t, s)), tf.mul(tf.norm(t), tf.norm(s)));
        expected += 1 - (cosine.dataSync()[0] as number);
      }
    expect(cosineLoss('sum', 'maps')(teacher, student).dataSync()[0]).toBeCloseTo(expected, 5);
    expect(cosineLoss('mean', 'maps')(teacher, student).dataSync()[0]).toBeCloseTo(expected / 2, 5);
  });

  it('is 0 for a student that differs from the teacher in scale only', () => {
    const scaled = { layer1: tf.mul(teacher.layer1, 3), layer2: tf.mul(teacher.layer2, 0.1) };
    expect(cosineLoss('sum')(teacher, scaled as typeof student).dataSync()[0]).toBeCloseTo(0, 6);
  });

  it('stays finite, with its gradient, where a feature vector is zero', async () => {
    const zero = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
    const value = cosineLoss('sum')({ layer1: zero }, { layer1: zero });
    const gradient = tf.grad((s) => cosineLoss('sum')({ layer1: zero }, { layer1: s as tf.Tensor4D }))(zero);
    expect(value.dataSync()[0]).toBe(0);
    expect([...(await gradient.data())].every(Number.isFinite)).toBe(true);
  });
});
