import { describe, expect, it } from 'vitest';
import type { ImageSource } from '../images/image-source.js';
import { type AnomalyDetector, imageScore, type ScoredImage, scoreImages } from './detector.js';

const images = (length: number): ImageSource => ({
  length,
  size: [1, 2],
  image: async (index) => ({ width: 2, height: 1, data: Uint8Array.from([index, 0, 0, 0, 0, 0]) }),
});

/** The map of image n is (n, -n); remembers the sizes of its batches. */
function detector() {
  const batches: number[] = [];
  const value: AnomalyDetector = {
    async anomalyMaps(batch) {
      batches.push(batch.length);
      return batch.map(({ data }) => Float32Array.from([data[0] as number, -(data[0] as number)]));
    },
  };
  return { value, batches };
}

async function all(length: number, batchSize: number) {
  const { value, batches } = detector();
  const scored: ScoredImage[] = [];
  for await (const image of scoreImages(value, images(length), { batchSize })) scored.push(image);
  return { scored, batches };
}

describe('scoreImages', () => {
  it('gives every image once, in order, in batches of one size', async () => {
    const { scored, batches } = await all(7, 3);
    expect(scored.map(({ index, score }) => [index, score])).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((n) => [n, n]),
    );
    expect(batches).toEqual([3, 3, 3]);
  });

  it('makes no batch larger than there are images, and none of nothing', async () => {
    expect((await all(2, 32)).batches).toEqual([2]);
    expect((await all(0, 32)).batches).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const stopped = scoreImages(detector().value, images(9), { batchSize: 3, signal: AbortSignal.abort() });
    await expect(stopped.next()).rejects.toThrow('abort');
  });
});

describe('imageScore', () => {
  it('is the maximum of the map (eq. 5.5)', () =>
    expect(imageScore(Float32Array.from([-3, -1, -2]))).toBe(-1));
});
