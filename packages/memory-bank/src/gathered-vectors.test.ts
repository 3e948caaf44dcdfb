import '@tensorflow/tfjs-backend-cpu';
import { memoryBudget, type Seen, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { gatheredVectors } from './gathered-vectors.js';

beforeAll(() => tf.setBackend('cpu'));

/** Images of `patches` vectors of two numbers each: which patch it is, counted over all images, and minus that. */
async function* batches(images: number, patches: number): AsyncGenerator<Seen> {
  for (let start = 0; start < images; start += 3) {
    const inBatch = Math.min(3, images - start);
    const first = start * patches;
    const data = Float32Array.from(
      { length: inBatch * patches * 2 },
      (_, i) => (first + (i >> 1)) * (i % 2 ? -1 : 1),
    );
    const seen = {
      images: tf.zeros<tf.Rank.R4>([inBatch, 1, 1, 3]),
      features: { a: tf.tensor4d(data, [inBatch, patches, 1, 2]) },
    };
    yield seen;
    tf.dispose(seen);
  }
}
const vectorsOf = ({ features }: Seen) => tf.reshape<tf.Rank.R2>(features.a as tf.Tensor, [-1, 2]);

const kinds = { of: 'patches', fewest: 4096 } as const;

async function gather(
  images: number,
  patches: number,
  { bytes, seed = 1 }: { bytes: number; seed?: number },
) {
  const budget = memoryBudget(bytes);
  const notes: string[] = [];
  const report = (message: string) => notes.push(message);
  const before = tf.memory().numTensors;
  const gathered = await gatheredVectors(batches(images, patches), vectorsOf, {
    total: images,
    seed,
    budget,
    report,
    ...kinds,
  });
  expect(tf.memory().numTensors).toBe(before);
  const kept = Array.from(gathered.vectors.values).filter((_, i) => i % 2 === 0);
  return { ...gathered, budget, notes, kept };
}

describe('gatheredVectors', () => {
  it('keeps all of them, in order, and takes their memory until it is released', async () => {
    const { kept, total, budget, notes, release, vectors } = await gather(5, 20, { bytes: 801 });
    expect(kept).toEqual([...Array(100).keys()]);
    expect(vectors.values[3]).toBe(-1);
    expect([total, notes]).toEqual([100, []]);
    expect(budget.take(2)).toBe(false);
    release();
    expect(budget.take(801)).toBe(true);
  });

  it('keeps a sample in which each is as likely as any other where memory is short, and says so', async () => {
    const patches = 2000;
    const { kept, total, notes, vectors, budget } = await gather(10, patches, { bytes: 8 * 5000 + 3 });
    expect([kept.length, new Set(kept).size, total]).toEqual([5000, 5000, 20_000]);
    expect(vectors.values[9]).toBe(-(vectors.values[8] as number));
    expect(budget.take(4)).toBe(false);
    expect(notes).toEqual([
      'Of 20000 patches a random sample of 5000 is kept: fit.cacheMemory has no room for more.',
    ]);
    for (let image = 0; image < 10; image++) {
      const own = kept.filter((patch) => Math.floor(patch / patches) === image).length;
      expect(Math.abs(own - 500)).toBeLessThan(100);
    }
    expect((await gather(10, patches, { bytes: 8 * 5000 + 3, seed: 2 })).kept).not.toEqual(kept);
  });

  it('keeps some where there is no memory at all', async () => {
    const { kept, release } = await gather(4, 2000, { bytes: 0 });
    expect(kept.length).toBe(4096);
    release();
    expect((await gather(4, 20, { bytes: 0 })).kept.length).toBe(80);
  });

  it('keeps no more than a model may hold', async () => {
    const notes: string[] = [];
    const { vectors, total } = await gatheredVectors(batches(3, 20), vectorsOf, {
      total: 3,
      seed: 1,
      budget: memoryBudget(1e6),
      report: (message) => notes.push(message),
      of: 'images',
      fewest: 1,
      mostNumbers: 21,
    });
    expect([vectors.values.length, total]).toEqual([20, 60]);
    expect(notes).toEqual(['Of 60 images a random sample of 10 is kept: a model does not hold more.']);
  });

  it('gives memory back where it fails', async () => {
    const budget = memoryBudget(160);
    const failing = async function* () {
      yield* batches(1, 10);
      throw new Error('unreadable');
    };
    const gathering = gatheredVectors(failing(), vectorsOf, { total: 2, seed: 1, budget, ...kinds });
    await expect(gathering).rejects.toThrow('unreadable');
    expect(budget.take(160)).toBe(true);
    const nan = () => tf.fill<tf.Rank.R2>([20, 2], Number.NaN);
    await expect(
      gatheredVectors(batches(1, 10), nan, { total: 1, seed: 1, budget, ...kinds }),
    ).rejects.toThrow('weights');
  });
});
