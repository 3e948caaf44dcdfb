import '@tensorflow/tfjs-backend-cpu';
import { namedRandom, randomNormal, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { greedyCoreset } from './coreset.js';
import type { Vectors } from './vectors.js';

beforeAll(() => tf.setBackend('cpu'));

/** The algorithm as it is written down: after each choice the distance of every vector. */
function plainCoreset({ values, width }: Vectors, count: number, first: number): number[] {
  const total = values.length / width;
  const distances = new Float64Array(total).fill(Number.POSITIVE_INFINITY);
  const chosen = [first];
  while (chosen.length < count) {
    const latest = chosen.at(-1) as number;
    let farthest = 0;
    for (let i = 0; i < total; i++) {
      let distance = 0;
      for (let k = 0; k < width; k++)
        distance += ((values[i * width + k] as number) - (values[latest * width + k] as number)) ** 2;
      distances[i] = Math.min(distances[i] as number, distance);
      if ((distances[i] as number) > (distances[farthest] as number)) farthest = i;
    }
    if (distances[farthest] === 0) break;
    chosen.push(farthest);
  }
  return chosen;
}

/** Around a few places far from zero, some of them several times, as patches of similar images are. */
function patches(total: number, width: number, seed: number): Vectors {
  const random = namedRandom(seed, 'patches');
  const places = Array.from({ length: 20 }, () => Array.from({ length: width }, () => 10 * random()));
  const values = new Float32Array(total * width);
  for (let i = 0; i < total; i++) {
    if (i > 0 && random() < 0.2) {
      const other = Math.floor(random() * i) * width;
      values.copyWithin(i * width, other, other + width);
      continue;
    }
    const place = places[Math.floor(random() * places.length)] as number[];
    for (let k = 0; k < width; k++) values[i * width + k] = (place[k] as number) + randomNormal(random);
  }
  return { values, width };
}

describe('greedyCoreset', () => {
  it.each([
    { total: 9000, width: 4, count: 700 },
    { total: 6000, width: 33, count: 300 },
    { total: 500, width: 7, count: 200 },
    { total: 40, width: 2, count: 1 },
  ])('chooses what the plain algorithm does: %j', async ({ total, width, count }) => {
    const vectors = patches(total, width, total);
    const chosen = await greedyCoreset(vectors, count, { first: 3 });
    expect([...chosen]).toEqual(plainCoreset(vectors, count, 3));
  });

  it('of equally far ones takes the first', async () => {
    const values = Float32Array.from([0, 2, -2, 1, -1, 2]);
    expect([...(await greedyCoreset({ values, width: 1 }, 5, { first: 0 }))]).toEqual([0, 1, 2, 3, 4]);
  });

  it('ends where every vector is equal to a chosen one', async () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => (i % 3) + 1);
    expect([...(await greedyCoreset({ values, width: 1 }, 9, { first: 4 }))]).toEqual([4, 0, 2]);
  });

  it('tells how far it is, and stops when it is told to', async () => {
    const vectors = patches(5000, 3, 1);
    const done: [number, number][] = [];
    await greedyCoreset(vectors, 200, { first: 0, onProgress: (...progress) => done.push(progress) });
    expect(done.at(-1)).toEqual([200, 200]);
    expect(done.map(([count]) => count)).toEqual(done.map(([count]) => count).toSorted((a, b) => a - b));
    const abort = new AbortController();
    const stopped = greedyCoreset(vectors, 200, {
      first: 0,
      onProgress: () => abort.abort(new Error('stop')),
      signal: abort.signal,
    });
    await expect(stopped).rejects.toThrow('stop');
  });
});
