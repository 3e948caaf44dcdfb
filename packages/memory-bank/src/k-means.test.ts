import '@tensorflow/tfjs-backend-cpu';
import { namedRandom, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { values } from '../fixtures/read-fixture.js';
import { kMeans } from './k-means.js';
import type { Vectors } from './vectors.js';

beforeAll(() => tf.setBackend('cpu'));

const random = (seed: number) => namedRandom(seed, 'k-means');

describe('kMeans', () => {
  const points: Vectors = { values: values('clusters.points'), width: 5 };

  it('finds clusters as tight as those of scikit-learn, from the best of some seeds', async () => {
    const inertias: number[] = [];
    for (let seed = 0; seed < 10; seed++)
      inertias.push((await kMeans(points, 8, { random: random(seed) })).inertia);
    const [expected] = values('clusters.inertia') as unknown as [number];
    expect(Math.min(...inertias) / expected).toBeLessThan(1.001);
    expect(Math.min(...inertias) / expected).toBeGreaterThan(0.999);
  });

  it('gives centres that are the means of what is nearest to them, and the vectors nearest to these', async () => {
    const { values, width } = points;
    const { centres, medoids, inertia } = await kMeans(points, 8, { random: random(1) });
    const distance = (i: number, centre: number) => {
      let sum = 0;
      for (let k = 0; k < width; k++)
        sum += ((values[i * width + k] as number) - (centres.values[centre * width + k] as number)) ** 2;
      return sum;
    };
    const all = [...Array(values.length / width).keys()];
    const own = all.map((i) =>
      [...Array(8).keys()].reduce((best, centre) =>
        distance(i, centre) < distance(i, best) ? centre : best,
      ),
    );
    expect(own.reduce((sum, centre, i) => sum + distance(i, centre), 0)).toBeCloseTo(inertia, 3);
    for (let centre = 0; centre < 8; centre++) {
      const members = all.filter((i) => own[i] === centre);
      const nearest = members.reduce((best, i) => (distance(i, centre) < distance(best, centre) ? i : best));
      expect(medoids[centre]).toBe(nearest);
      for (let k = 0; k < width; k++) {
        const mean = members.reduce((sum, i) => sum + (values[i * width + k] as number), 0) / members.length;
        expect(centres.values[centre * width + k]).toBeCloseTo(mean, 1);
      }
    }
  });

  it('depends on the random numbers alone', async () => {
    const one = await kMeans(points, 20, { random: random(3) });
    expect(await kMeans(points, 20, { random: random(3) })).toEqual(one);
    expect(await kMeans(points, 20, { random: random(4) })).not.toEqual(one);
  });

  it('makes no more clusters than there are different vectors', async () => {
    const few: Vectors = { values: Float32Array.from([1, 1, 2, 2, 1, 1, 5, 5]), width: 2 };
    const { centres, medoids, inertia } = await kMeans(few, 4, { random: random(1) });
    expect([centres.values.length / 2, medoids.length, inertia]).toEqual([3, 3, 0]);
  });

  it('tells how far it is, and stops when it is told to', async () => {
    const done: [number, number][] = [];
    await kMeans(points, 8, { random: random(1), onProgress: (...progress) => done.push(progress) });
    expect(done.at(-1)).toEqual([25, 25]);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(kMeans(points, 8, { random: random(1), signal })).rejects.toThrow('stop');
  });
});
