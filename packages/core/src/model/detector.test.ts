import { memory } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { Detection, Model } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import { type ImageSource, imagesTensor } from '../images/image-source.js';
import { tf } from '../tensors/tf.js';
import { type Detector, detectorOf, type ScoredImage, scoreImages } from './detector.js';

beforeAll(() => tf.setBackend('cpu'));

const images = (length: number): ImageSource => ({
  length,
  size: [1, 2],
  image: async (index) => ({ width: 2, height: 1, data: Uint8Array.from([index, 0, 0, 0, 0, 0]) }),
});

/** The map of image n is (n, -n), its score n; remembers the sizes of its batches. */
function detector(hasMaps = true) {
  const batches: number[] = [];
  const value: Detector = {
    async detect(batch) {
      batches.push(batch.length);
      return batch.map(({ data }) => {
        const score = data[0] as number;
        return { score, map: hasMaps ? Float32Array.from([score, -score]) : null };
      });
    },
  };
  return { value, batches };
}

async function all(length: number, batchSize: number, hasMaps = true) {
  const { value, batches } = detector(hasMaps);
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
    expect(scored[5]?.map).toEqual(Float32Array.from([5, -5]));
    expect(batches).toEqual([3, 3, 3]);
  });

  it('gives the scores of a model without maps', async () => {
    const { scored } = await all(3, 2, false);
    const size = { height: 1, width: 2 };
    expect(scored).toEqual([0, 1, 2].map((index) => ({ index, size, score: index, map: null })));
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

const normalization = { mean: [0, 0.5, 1], std: [1, 1, 0.5] } as const;
const backbone: Backbone = {
  layers: ['double'],
  channels: { double: 3 },
  parameters: {},
  statistics: {},
  features: (given) => ({ double: tf.mul(given, 2) }),
  dispose() {},
};
const modelOf = (detect: Model['detect'], more: Partial<Model> = {}): Model => ({
  normalization,
  stages: [],
  detect,
  state: () => ({}),
  restore: () => undefined,
  dispose: () => undefined,
  ...more,
});
/** The score is the mean of what is seen, the map its first channel. */
const meanAndMap = (of: (seen: Seen) => tf.Tensor4D): Model['detect'] =>
  function detect(seen): Detection {
    const given = of(seen);
    const maps = tf.squeeze(tf.slice(given, [0, 0, 0, 0], [-1, -1, -1, 1]), [3]) as tf.Tensor3D;
    return { scores: tf.mean(given, [1, 2, 3]), maps };
  };
const twoImages = [
  { width: 2, height: 1, data: Uint8Array.from([255, 255, 255, 0, 0, 0]) },
  { width: 2, height: 1, data: Uint8Array.from([51, 0, 255, 102, 0, 255]) },
];

describe('detectorOf', () => {
  it('gives scores and maps of pixels, normalised as the model says', async () => {
    const [white, coloured] = await detectorOf(modelOf(meanAndMap(({ images }) => images))).detect(twoImages);
    // (1, 0.5, 0) and (0, -0.5, -2).
    expect(white?.score).toBeCloseTo(-1 / 6, 6);
    expect(Array.from(white?.map ?? [])).toEqual([1, 0].map((value) => expect.closeTo(value, 6)));
    expect(coloured?.score).toBeCloseTo((0.2 - 0.5 + 0.4 - 0.5) / 6, 6);
    expect(Array.from(coloured?.map ?? [])).toEqual([0.2, 0.4].map((value) => expect.closeTo(value, 6)));
  });

  it('shows the model the features of its backbone, in evaluation', async () => {
    const modes: string[] = [];
    const counted: Backbone = {
      ...backbone,
      features: (given, mode) => {
        modes.push(mode);
        return backbone.features(given, mode);
      },
    };
    const plain = await detectorOf(modelOf(meanAndMap(({ images }) => images))).detect(twoImages);
    const detect = meanAndMap(({ features }) => features.double as tf.Tensor4D);
    const doubled = await detectorOf(modelOf(detect, { backbone: counted })).detect(twoImages);
    expect(doubled.map(({ score }) => score)).toEqual(plain.map(({ score }) => expect.closeTo(2 * score, 5)));
    expect(new Set(modes)).toEqual(new Set(['eval']));
  });

  it('has no maps where the model has none', async () => {
    const detect: Model['detect'] = ({ images }) => ({ scores: tf.mean(images, [1, 2, 3]), maps: null });
    const detector = detectorOf(modelOf(detect));
    const detected = await detector.detect(twoImages);
    expect(detected.map(({ map }) => map)).toEqual([null, null]);
    expect(detected[0]?.score).toBeCloseTo(-1 / 6, 6);
    const { scores, maps } = detector.tensors(imagesTensor(twoImages, normalization));
    expect([scores.shape, maps]).toEqual([[2], null]);
  });

  it('is a function of normalised tensors as well', async () => {
    const detector = detectorOf(modelOf(meanAndMap(({ images }) => images)));
    const { scores, maps } = detector.tensors(imagesTensor(twoImages, normalization));
    const detected = await detector.detect(twoImages);
    expect(Array.from(scores.dataSync())).toEqual(detected.map(({ score }) => score));
    expect(maps?.shape).toEqual([2, 1, 2]);
    expect(Array.from(maps?.dataSync() ?? [])).toEqual(detected.flatMap(({ map }) => Array.from(map ?? [])));
    expect(detector.normalization).toBe(normalization);
  });

  it('keeps no tensor', async () => {
    const detector = detectorOf(
      modelOf(
        meanAndMap(({ images }) => images),
        { backbone },
      ),
    );
    await detector.detect(twoImages);
    const before = memory().numTensors;
    await detector.detect(twoImages);
    expect(memory().numTensors).toBe(before);
  });
});
