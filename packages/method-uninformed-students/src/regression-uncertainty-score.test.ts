import { type FeaturePyramid, type ObservedBatch, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  predictiveUncertainty,
  regressionError,
  regressionUncertaintyScore,
} from './regression-uncertainty-score.js';

beforeAll(() => tf.setBackend('cpu'));

/** Feature vectors in a row, `[1, 1, W, C]`. */
const row = (...vectors: number[][]): tf.Tensor4D =>
  tf.tensor4d(vectors.flat(), [1, 1, vectors.length, vectors[0]?.length ?? 0]);

const teacher = row([1, 0], [0, 0]);
const students = [row([1, 2], [0, 0]), row([3, 0], [0, 0])];

describe('one layer', () => {
  it("compares the teacher with the students' mean", () => {
    // The mean is (2, 1), and (2, 1) - (1, 0) has the squared length 2.
    expect(regressionError(teacher, students, '').arraySync()).toEqual([[[2, 0]]]);
  });

  it('measures disagreement as eq. 4.13: mean of squared lengths minus squared length of the mean', () => {
    // (5 + 9) / 2 - 5.
    expect(predictiveUncertainty(teacher, students, '').arraySync()).toEqual([[[2, 0]]]);
    const far = [1000.5, 1000.25, 1001].map((x) => row([x, -x]));
    const mean = (1000.5 + 1000.25 + 1001) / 3;
    const variance = [1000.5, 1000.25, 1001].reduce((sum, x) => sum + (x - mean) ** 2, 0) / 3;
    const found = predictiveUncertainty(far[0] as tf.Tensor4D, far, '').dataSync()[0] as number;
    expect(Math.abs(found / (2 * variance) - 1)).toBeLessThan(1e-3);
  });
});

describe('regression+uncertainty', () => {
  const layers = ['patch17', 'patch33'];
  /** Two students at t ± d from a teacher that is 0, one channel: e = t² and u = d². */
  const observe = (...positions: [t: number, d: number][]): ObservedBatch => {
    const both = (map: tf.Tensor4D) => ({ patch17: map, patch33: tf.mul(map, 2) as tf.Tensor4D });
    return {
      teacher: both(row(...positions.map(() => [0]))),
      students: [1, -1].map((sign) => both(row(...positions.map(([t, d]) => [t + sign * d])))),
      size: [1, positions.length],
    };
  };
  async function* batches(...given: ObservedBatch[]) {
    yield* given;
  }
  const valuesOf = (statistics: Readonly<Record<string, tf.Variable>>) =>
    Object.fromEntries(Object.entries(statistics).map(([name, value]) => [name, value.dataSync()[0]]));

  it('learns mean and deviation of error and uncertainty over all positions of nominal images', async () => {
    const score = regressionUncertaintyScore(layers);
    // e = 0, 4, 1, 1 and u = 1, 1, 9, 1; in the other layer four times as much.
    await score.fit?.(batches(observe([0, 1], [2, 1], [1, 3]), observe([1, 1])));
    const [error, uncertainty] = [Math.sqrt(18 / 4 - 1.5 ** 2), Math.sqrt(84 / 4 - 3 ** 2)];
    const found = valuesOf(score.statistics ?? {});
    const expected = {
      'patch17.error.mean': 1.5,
      'patch17.error.deviation': error,
      'patch17.uncertainty.mean': 3,
      'patch17.uncertainty.deviation': uncertainty,
      'patch33.error.mean': 6,
      'patch33.error.deviation': 4 * error,
      'patch33.uncertainty.mean': 12,
      'patch33.uncertainty.deviation': 4 * uncertainty,
    };
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) expect(found[name]).toBeCloseTo(value, 5);
  });

  it('adds what is left after normalisation, and averages the layers', async () => {
    const score = regressionUncertaintyScore(layers);
    await score.fit?.(batches(observe([0, 1], [2, 1], [1, 3], [1, 1])));
    const { teacher, students, size } = observe([3, 2]);
    const map = score.anomalyMap(teacher, students, size);
    const expected = (9 - 1.5) / Math.sqrt(18 / 4 - 1.5 ** 2) + (4 - 3) / Math.sqrt(84 / 4 - 3 ** 2);
    // In each layer the same, though one has twice the features.
    expect(map.shape).toEqual([1, 1, 1]);
    expect(map.dataSync()[0]).toBeCloseTo(expected, 4);
  });

  it('gives the plain sum until it is fitted, and leaves a quantity that never varies unscaled', async () => {
    const score = regressionUncertaintyScore(['patch17']);
    const { teacher, students, size } = observe([3, 2]);
    const onlyOne = ({ patch17 }: FeaturePyramid) => ({ patch17: patch17 as tf.Tensor4D });
    const value = () => score.anomalyMap(onlyOne(teacher), students.map(onlyOne), size).dataSync()[0];
    expect(value()).toBe(13);
    const nominal = observe([1, 2], [1, 2]);
    await score.fit?.(
      batches({ ...nominal, teacher: onlyOne(nominal.teacher), students: nominal.students.map(onlyOne) }),
    );
    expect(value()).toBe(9 - 1 + 4 - 4);
  });

  it('needs students that can disagree', () => {
    expect(regressionUncertaintyScore(layers).minStudents).toBe(2);
  });
});
