import '@tensorflow/tfjs-backend-cpu';
import { combinedMap, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { relativeError, valuesOf, wave, waveTensor } from '../fixtures/read-fixture.js';
import { mahalanobisDistances, positionMoments } from './position-gaussians.js';
import { positionVectors } from './position-vectors.js';

beforeAll(() => tf.setBackend('cpu'));

const choice = { layer1: [0, 2, 3], layer2: [1, 2] };
const vectorsOf = (count: number, phase: number): tf.Tensor3D =>
  tf.tidy(() =>
    tf.reshape(
      positionVectors(
        {
          layer1: waveTensor<tf.Rank.R4>([count, 5, 6, 4], phase),
          layer2: waveTensor<tf.Rank.R4>([count, 3, 3, 3], phase + 1),
        },
        choice,
      ),
      [count, 30, 5],
    ),
  );

async function fitted(batches: readonly number[]) {
  const all = vectorsOf(11, 11).dataSync() as Float32Array;
  const moments = positionMoments(30, 5, 11);
  let start = 0;
  for (const size of batches) {
    await moments.add(all.subarray(start * 150, (start + size) * 150));
    start += size;
  }
  return moments.gaussians(0.01);
}

describe('positionMoments', () => {
  it("gives NumPy's distances, and its maps of two layers of different size", async () => {
    const gaussians = await fitted([11]);
    const distances = mahalanobisDistances(tf.mul(vectorsOf(2, 21), 2), gaussians);
    expect(relativeError(distances.dataSync(), valuesOf('padim', 'distances'))).toBeLessThan(1e-5);
    const map = combinedMap([tf.reshape(distances, [2, 5, 6])], [20, 24], { smoothing: 2 });
    expect(relativeError(map.dataSync(), valuesOf('padim', 'maps'))).toBeLessThan(1e-5);
  });

  it('gives the same however images are batched', async () => {
    const [one, other] = [await fitted([11]), await fitted([4, 4, 3])];
    expect([...one.whitening.dataSync()]).toEqual([...other.whitening.dataSync()]);
    expect([...one.mean.dataSync()]).toEqual([...other.mean.dataSync()]);
  });

  it.each([
    ['in one chunk', 2 ** 24],
    ['in chunks of two images', 2],
  ])('is precise where the mean is far larger than the deviation, %s', async (_, chunkValues) => {
    const values = Array.from(wave(9, 3), (value) => Math.fround(1000 + value));
    const moments = positionMoments(1, 1, 9, chunkValues);
    for (const value of values) await moments.add(Float32Array.of(value));
    const { mean, whitening } = await moments.gaussians(0.01);
    const average = values.reduce((sum, value) => sum + value, 0) / 9;
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / 8;
    expect(mean.dataSync()[0]).toBeCloseTo(average, 3);
    expect(whitening.dataSync()[0]).toBeCloseTo(1 / Math.sqrt(variance + 0.01), 4);
  });

  it('leaves nothing behind but what it gives', async () => {
    const before = tf.memory().numTensors;
    const moments = positionMoments(2, 1, 2);
    await moments.add(Float32Array.of(1, 2, 3, 4));
    const { mean, whitening } = await moments.gaussians(0.01);
    moments.dispose();
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([mean, whitening]);
  });
});
