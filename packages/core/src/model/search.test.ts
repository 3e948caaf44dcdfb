import { memory } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { RgbImage } from '../contracts/dataset.js';
import type { Model, Search } from '../contracts/model.js';
import { tf } from '../tensors/tf.js';
import { detectorOf, type ScoredImage, type SearchProgress, scoreImages } from './detector.js';

beforeAll(() => tf.setBackend('cpu'));

/**
 * Halves the distance of a grey from the mean of the image, in each step: from g it is m + (g - m) / 2^n after n. The score is what
 * is left of it, the map how far the grey is from each pixel's mean.
 */
const halving = (change: Partial<Search> = {}, more: Partial<Model> = {}): Model => ({
  normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
  stages: [],
  state: () => ({}),
  restore: () => undefined,
  dispose: () => undefined,
  search: {
    steps: 3,
    seed: 7,
    begin: ({ images }, random) => ({ grey: tf.scalar(random()), mean: tf.mean(images) }),
    step: (_seen, { grey, mean }) => ({
      mean: mean as tf.Tensor,
      grey: tf.mul(tf.add(grey as tf.Tensor, mean as tf.Tensor), 0.5),
    }),
    ...change,
  },
  detect({ images }, { grey, mean } = {}) {
    const maps = tf.abs(tf.sub(tf.mean<tf.Tensor3D>(images, -1), grey as tf.Tensor)) as tf.Tensor3D;
    return { scores: tf.reshape(tf.abs(tf.sub(grey as tf.Tensor, mean as tf.Tensor)), [1]), maps };
  },
  ...more,
});
const image = (grey: number): RgbImage => ({
  height: 1,
  width: 2,
  data: Uint8Array.from([grey, grey, grey, 0, 0, 0]),
});
const images = [image(255), image(51), image(102)];

describe('a detector that searches', () => {
  it('goes as many steps from a start that the seed and the image decide', async () => {
    const starts: number[] = [];
    const begin: Search['begin'] = ({ images }, random) => {
      starts.push(random());
      return { grey: tf.scalar(starts.at(-1) as number), mean: tf.mean(images) };
    };
    const detector = detectorOf(halving({ begin }));
    expect(detector.searches).toBe(true);
    const detected = await detector.detect(images);
    expect(new Set(starts).size).toBe(3);
    for (const [index, { score, map }] of detected.entries()) {
      const [light, dark] = [[255, 51, 102][index] as number, 0].map((grey) => grey / 255) as [
        number,
        number,
      ];
      const mean = (light + dark) / 2;
      const left = ((starts[index] as number) - mean) / 8;
      expect(score).toBeCloseTo(Math.abs(left), 6);
      expect([...(map as Float32Array)]).toEqual(
        [light, dark].map((grey) => expect.closeTo(Math.abs(grey - mean - left), 6)),
      );
    }
    await detectorOf(halving({ begin })).detect([images[1] as RgbImage]);
    expect(starts.at(-1)).toBe(starts[1]);
    await detectorOf(halving({ begin, seed: 8 })).detect([images[1] as RgbImage]);
    expect(starts[4]).not.toBe(starts[1]);
  });

  it('gives an image the same, bit for bit, whatever others there are', async () => {
    const detector = detectorOf(halving());
    const together = await detector.detect(images);
    for (const [index, one] of images.entries()) {
      expect(await detectorOf(halving()).detect([one])).toEqual([together[index]]);
      expect((await detector.detect([...images].reverse()))[2 - index]).toEqual(together[index]);
    }
  });

  it('sees the features of its backbone, computed once', async () => {
    let times = 0;
    const backbone: Backbone = {
      layers: ['images'],
      channels: { images: 3 },
      parameters: {},
      statistics: {},
      features: (given) => {
        times += 1;
        return { images: tf.mul(given, 2) };
      },
      dispose() {},
    };
    const model = halving(
      {
        begin: ({ features }) => ({ sum: tf.zerosLike(features.images as tf.Tensor4D) }),
        step: ({ features }, { sum }) => ({ sum: tf.add(sum as tf.Tensor, features.images as tf.Tensor4D) }),
      },
      {
        backbone,
        detect: ({ images }, { sum } = {}) => ({
          scores: tf.reshape(tf.div(tf.mean(sum as tf.Tensor), tf.mean(images)), [1]),
          maps: null,
        }),
      },
    );
    const [detected] = await detectorOf(model).detect([images[0] as RgbImage]);
    expect(detected).toEqual({ score: expect.closeTo(6, 5), map: null });
    expect(times).toBe(1);
  });

  it('tells of its steps, and ends after the one under way', async () => {
    const told: SearchProgress[] = [];
    const stop = new AbortController();
    const detect = detectorOf(halving()).detect(images, {
      signal: stop.signal,
      onSearch: (progress) => {
        told.push(progress);
        if (told.length === 5) stop.abort(new Error('enough'));
      },
    });
    await expect(detect).rejects.toThrow('enough');
    expect(told).toEqual([1, 2, 3, 4, 5].map((done) => ({ done, total: 9 })));
    await expect(detectorOf(halving()).detect(images, { signal: AbortSignal.abort() })).rejects.toThrow(
      'abort',
    );
  });

  it('lets others have their turn, such as who ends it', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')));
    const steps = Number.MAX_SAFE_INTEGER;
    await expect(detectorOf(halving({ steps })).detect(images, { signal: stop.signal })).rejects.toThrow(
      'enough',
    );
  });

  it('keeps no tensor, also where it is ended', async () => {
    const detector = detectorOf(halving());
    await detector.detect(images);
    const before = memory().numTensors;
    await detector.detect(images);
    const stop = new AbortController();
    const onSearch = () => stop.abort();
    await detector.detect(images, { signal: stop.signal, onSearch }).catch(() => undefined);
    expect(memory().numTensors).toBe(before);
  });

  it('has its images scored one at a time', async () => {
    const sizes: number[] = [];
    const steps: SearchProgress[] = [];
    const detector = detectorOf(halving());
    const counting: typeof detector = {
      ...detector,
      detect(batch, options) {
        sizes.push(batch.length);
        return detector.detect(batch, options);
      },
    };
    const scored: ScoredImage[] = [];
    const source = { length: 3, size: [1, 2] as const, image: async (n: number) => images[n] as RgbImage };
    const onSearch = (progress: SearchProgress) => steps.push(progress);
    for await (const one of scoreImages(counting, source, { batchSize: 8, onSearch })) scored.push(one);
    expect(sizes).toEqual([1, 1, 1]);
    expect(scored.map(({ score }) => score)).toEqual(
      (await detector.detect(images)).map(({ score }) => score),
    );
    expect(steps).toHaveLength(9);
    expect(steps.at(-1)).toEqual({ done: 3, total: 3 });
  });

  it('refuses what goes wrong, in words', async () => {
    const wrong = (step: Search['step']) => detectorOf(halving({ step })).detect(images);
    await expect(
      wrong((_, { grey, mean }) => ({ grey: tf.div(grey as tf.Tensor, 0), mean: mean as tf.Tensor })),
    ).rejects.toThrow('what it found in 3 steps is not finite');
    await expect(wrong((_, { mean }) => ({ mean: mean as tf.Tensor }))).rejects.toThrow(
      'A step of a search gives tensors of the names and shapes that it is given: {"grey":[],"mean":[]} were, and {"mean":[]} came back.',
    );
    expect(() => detectorOf(halving()).tensors(tf.zeros([1, 1, 2, 3]))).toThrow('no function of tensors');
  });
});
