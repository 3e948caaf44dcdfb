import '@tensorflow/tfjs-backend-cpu';
import { type Seen, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawnPatches, gatheredVectors } from './gathered-vectors.js';

beforeAll(() => tf.setBackend('cpu'));

describe('drawnPatches', () => {
  // Every pixel has a number of its own: an image of 4x4, patches of one pixel.
  const image = () => tf.reshape<tf.Rank.R4>(tf.range(0, 16), [1, 4, 4, 1]);
  const drawn = (total: number, seed = 1, index = 0) => [
    ...drawnPatches(image(), { size: 1, stride: 1 }, { total, seed, index }).dataSync(),
  ];

  it('are all of them, in order, where there are not too many', () => {
    expect(drawn(1024)).toEqual([...Array(16).keys()]);
  });

  it('are as many of each image, each once, where there are too many', () => {
    for (const index of [0, 1, 2]) {
      const found = drawn(4096, 1, index);
      expect(found).toHaveLength(4);
      expect(new Set(found).size).toBe(4);
    }
    expect(drawn(10 ** 6)).toHaveLength(1);
  });

  it('depend on the seed and on which image it is', () => {
    expect(drawn(4096)).toEqual(drawn(4096));
    expect(drawn(4096, 2)).not.toEqual(drawn(4096));
    expect(drawn(4096, 1, 1)).not.toEqual(drawn(4096));
  });
});

describe('gatheredVectors', () => {
  const images = tf.tidy(() => tf.reshape<tf.Rank.R4>(tf.range(0, 3 * 400), [3, 20, 20, 1]));
  async function* batches(): AsyncGenerator<Seen> {
    yield { images: tf.slice(images, [0], [2]), features: {} };
    yield { images: tf.slice(images, [2], [1]), features: {} };
  }
  const given: number[] = [];
  const vectorsOf = (some: tf.Tensor4D) => {
    given.push(some.shape[0]);
    return tf.reshape<tf.Rank.R2>(some, [some.shape[0], -1]);
  };

  it('are those of whole images, batch by batch', async () => {
    given.length = 0;
    const found = await gatheredVectors(batches(), null, vectorsOf);
    expect(found.shape).toEqual([3, 400]);
    expect([...found.dataSync()]).toEqual([...images.dataSync()]);
    expect(given).toEqual([2, 1]);
  });

  it('are those of the pieces of each image, few of which are in memory at once', async () => {
    given.length = 0;
    const indices: number[] = [];
    const pixels = (image: tf.Tensor4D, index: number) => {
      indices.push(index);
      return tf.reshape<tf.Rank.R4>(image, [-1, 1, 1, 1]);
    };
    const found = await gatheredVectors(batches(), pixels, vectorsOf);
    expect([...found.dataSync()]).toEqual([...images.dataSync()]);
    expect(indices).toEqual([0, 1, 2]);
    expect(given).toEqual([192, 192, 16, 192, 192, 16, 192, 192, 16]);
  });
});
