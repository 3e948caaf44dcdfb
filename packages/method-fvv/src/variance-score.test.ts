import { existsSync, readFileSync } from 'node:fs';
import { parseSafetensors, type ScoreFunction, tf } from '@adfw/core';
import { distance, layerwiseScore } from '@adfw/distillation';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { distancePlusVariance, variance } from './variance-score.js';

beforeAll(() => tf.setBackend('cpu'));

describe('variance', () => {
  it('is 0 where students agree up to scale, and half for two that have nothing in common', () => {
    const a = tf.tensor4d([1, 0, 3, 4], [1, 1, 2, 2]);
    const b = tf.tensor4d([0, 2, 6, 8], [1, 1, 2, 2]);
    const [disjoint, equal] = variance(a, [a, b], 'layer1').dataSync() as unknown as [number, number];
    // Unit vectors (1, 0) and (0, 1): each element has the population variance 1/4.
    expect(disjoint).toBeCloseTo(0.5, 6);
    expect(equal).toBeCloseTo(0, 6);
  });
});

const parity = new URL('../../../../shared/parity/fvv-scores.safetensors', import.meta.url);

// Maps that PyTorch computed from random pyramids of a teacher and three students.
describe.skipIf(!existsSync(parity))('scores of PyTorch (skipped where ../shared is missing)', () => {
  const load = () => parseSafetensors(readFileSync(parity)).tensors;
  const nhwc = (tensors: ReturnType<typeof load>, name: string) => {
    const { data, shape } = tensors[name] as (typeof tensors)[string];
    return tf.transpose(
      tf.tensor4d(data as Float32Array, shape as [number, number, number, number]),
      [0, 2, 3, 1],
    );
  };
  const pyramid = (tensors: ReturnType<typeof load>, network: string) =>
    Object.fromEntries(
      ['layer1', 'layer2', 'layer3'].map((layer) => [layer, nhwc(tensors, `${network}.${layer}`)]),
    );

  const scores: Record<string, ScoreFunction> = {
    distance: layerwiseScore(distance),
    variance: layerwiseScore(variance),
    'distance+variance': layerwiseScore(distancePlusVariance),
  };

  it.each(Object.keys(scores))('%s agrees to 1e-5', async (name) => {
    const tensors = load();
    const students = ['student0', 'student1', 'student2'].map((network) => pyramid(tensors, network));
    const map = await (scores[name] as ScoreFunction)
      .anomalyMap(pyramid(tensors, 'teacher'), students, [64, 64])
      .data();
    const expected = tensors[`map.${name}`]?.data as Float32Array;
    const worst = (map as Float32Array).reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))),
      0,
    );
    expect(map.length).toBe(expected.length);
    expect(worst).toBeLessThan(1e-5);
  });
});
