import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseChannels, positionVectors } from './position-vectors.js';

beforeAll(() => tf.setBackend('cpu'));

describe('chooseChannels', () => {
  const choose = (dimensions: number, seed: number) =>
    chooseChannels(['layer1', 'layer2'], { layer1: 4, layer2: 8 }, dimensions, seed);

  it('draws what models that are saved were fitted with', () => {
    expect(choose(5, 42)).toEqual({ layer1: [1], layer2: [0, 1, 4, 6] });
  });

  it('draws so many, each once, by the seed', () => {
    const { layer1, layer2 } = choose(7, 1);
    expect([...(layer1 as number[]), ...(layer2 as number[])]).toHaveLength(7);
    expect(new Set(layer2).size).toBe(layer2?.length);
    expect(choose(7, 1)).toEqual(choose(7, 1));
    expect(choose(7, 1)).not.toEqual(choose(7, 2));
  });

  it('takes all where there are no more', () => {
    expect(choose(100, 1)).toEqual({ layer1: [0, 1, 2, 3], layer2: [0, 1, 2, 3, 4, 5, 6, 7] });
  });
});

describe('positionVectors', () => {
  it('repeats the positions of smaller layers, and leaves out layers without a channel', () => {
    const large = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    const small = tf.tensor4d([5, 6], [1, 1, 1, 2]);
    const vectors = positionVectors({ large, small, none: large }, { large: [0], small: [1], none: [] });
    expect(vectors.shape).toEqual([1, 2, 2, 2]);
    expect([...vectors.dataSync()]).toEqual([1, 6, 2, 6, 3, 6, 4, 6]);
  });
});
