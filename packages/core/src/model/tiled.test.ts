import { memory } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../contracts/dataset.js';
import type { Detection, Model } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import { imagesTensor } from '../images/image-source.js';
import { type Tiles, tileCount, tileGrid } from '../images/tiles.js';
import { tf } from '../tensors/tf.js';
import { detectorOf, scoreImages, takesImagesOneByOne } from './detector.js';
import { fromMaps } from './from-maps.js';
import { imageDetector } from './tiled.js';

beforeAll(() => tf.setBackend('cpu'));

const modelOf = (detect: (seen: Seen) => Detection, more: Partial<Model> = {}): Model => ({
  normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
  stages: [],
  detect,
  state: () => ({}),
  restore: () => undefined,
  dispose: () => undefined,
  ...more,
});
/** The map is the image in grey: it does not depend on what is around a pixel. */
const grey = ({ images }: Seen) => fromMaps(tf.mean<tf.Tensor3D>(images, -1));
/** The map of a tile is its mean everywhere. */
const even = ({ images }: Seen): Detection => {
  const means = tf.mean(images, [1, 2, 3], true);
  return fromMaps(tf.squeeze(tf.tile(means, [1, ...images.shape.slice(1, 3), 1] as number[]), [3]));
};

const size = { height: 13, width: 17 };
const tilesOf = (side: number, overlap: number, batchSize = 4): Tiles => ({
  grid: tileGrid(size, { height: side, width: side }, overlap),
  batchSize,
});
const picture = (shade: (y: number, x: number) => number): RgbImage => ({
  ...size,
  data: Uint8Array.from({ length: size.height * size.width * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return shade(Math.floor(pixel / size.width), pixel % size.width);
  }),
});
const wavy = picture((y, x) => (y * 37 + x * 91 + y * x) % 256);
const steep = picture((_, x) => x * 15);

describe('a detector of tiles', () => {
  it.each([
    [8, 3],
    [6, 0],
    [5, 4],
    [13, 2],
  ])(
    'of side %i with an overlap of %i gives the map of the whole where no pixel depends on others',
    async (side, overlap) => {
      const model = modelOf(grey);
      const [whole] = await detectorOf(model).detect([wavy]);
      const [detected] = await imageDetector(model, tilesOf(side, overlap)).detect([wavy]);
      detected?.map?.forEach((value, pixel) => {
        expect(value).toBeCloseTo(whole?.map?.[pixel] as number, 5);
      });
      expect(detected?.map).toHaveLength(13 * 17);
      expect(detected?.score).toBeCloseTo(whole?.score as number, 6);
    },
  );

  it('shows no seam: between tiles the map goes from one to the other in as many steps as they overlap', async () => {
    const tiles = tilesOf(9, 4);
    expect(tiles.grid.lefts).toEqual([0, 4, 8]);
    const [{ map, score }] = (await imageDetector(modelOf(even), tiles).detect([steep])) as [
      { map: Float32Array; score: number },
    ];
    const means = [4, 8, 12].map((x) => (x * 15) / 255) as [number, number, number];
    expect(score).toBeCloseTo(means[2], 6);
    expect(map[0]).toBeCloseTo(means[0], 6);
    expect(map[16]).toBeCloseTo(means[2], 6);
    const steps = [...map.slice(1, 17)].map((value, x) => value - (map[x] as number));
    // Two tiles overlap by 5 here; the step of an abrupt seam is `means[1] - means[0]`.
    for (const step of steps) {
      expect(step).toBeGreaterThanOrEqual(-1e-6);
      expect(step).toBeLessThan((means[1] - means[0]) / 2);
    }
  });

  it('has the largest score of its tiles, and none of maps where there are none', async () => {
    const model = modelOf(({ images }) => ({ scores: tf.mean(images, [1, 2, 3]), maps: null }));
    const detector = imageDetector(model, tilesOf(9, 4));
    const [detected] = await detector.detect([steep]);
    expect(detected?.map).toBeNull();
    expect(detected?.score).toBeCloseTo((12 * 15) / 255, 6);
    const { scores, maps } = detector.tensors(imagesTensor([steep], detector.normalization));
    expect(maps).toBeNull();
    expect(scores.dataSync()[0]).toBeCloseTo((12 * 15) / 255, 6);
  });

  it('detects tiles in batches of one size, as large as they may be, and images one by one', async () => {
    const batches: number[] = [];
    const model = modelOf((seen) => {
      batches.push(seen.images.shape[0]);
      return grey(seen);
    });
    const tiles = tilesOf(6, 2, 5);
    expect(tileCount(tiles.grid)).toBe(12);
    const detector = imageDetector(model, tiles);
    expect(takesImagesOneByOne(detector)).toBe(true);
    const source = { length: 2, size: [13, 17] as const, image: async () => wavy };
    for await (const { score } of scoreImages(detector, source, { batchSize: 8 }))
      expect(score).toBeGreaterThan(0);
    expect(batches).toEqual([4, 4, 4, 4, 4, 4]);
    batches.length = 0;
    const [odd] = await imageDetector(model, tilesOf(6, 2, 7)).detect([wavy]);
    const [one] = await imageDetector(model, tilesOf(6, 2, 1)).detect([wavy]);
    expect(batches).toEqual([6, 6, ...Array(12).fill(1)]);
    expect(odd?.map).toEqual(one?.map);
  });

  it.each([1, 5, 100])('is a function of tensors, with batches of %i', async (batchSize) => {
    const detector = imageDetector(modelOf(even), tilesOf(6, 2, batchSize));
    const images = [wavy, steep];
    const detected = await detector.detect(images);
    const before = memory().numTensors;
    const given = imagesTensor(images, detector.normalization);
    const { scores, maps } = detector.tensors(given);
    for (const [n, { score, map }] of detected.entries()) {
      expect(scores.dataSync()[n]).toBeCloseTo(score, 6);
      const own = maps?.dataSync().slice(n * 13 * 17, (n + 1) * 13 * 17) as Float32Array;
      map?.forEach((value, pixel) => {
        expect(own[pixel]).toBeCloseTo(value, 5);
      });
    }
    tf.dispose([given, scores, maps as tf.Tensor]);
    expect(memory().numTensors).toBe(before);
  });

  it('searches for each tile by itself, and tells of all steps', async () => {
    const model = modelOf(grey, {
      search: {
        steps: 3,
        seed: 1,
        begin: () => ({ found: tf.scalar(0) }),
        step: (_, { found }) => ({ found: tf.add(found as tf.Tensor, 1) }),
      },
      detect: (seen, { found } = {}) => ({
        scores: tf.reshape(found as tf.Tensor, [1]),
        maps: grey(seen).maps,
      }),
    });
    const detector = imageDetector(model, tilesOf(13, 9, 8));
    const told: unknown[] = [];
    const [detected] = await detector.detect([wavy], { onSearch: (steps) => told.push(steps) });
    expect(detected?.score).toBe(3);
    expect(told).toEqual(Array.from({ length: 6 }, (_, step) => ({ done: step + 1, total: 6 })));
  });

  it('stops between batches, and takes images of its size alone', async () => {
    const stop = new AbortController();
    let batches = 0;
    const model = modelOf((seen) => {
      if (++batches === 2) stop.abort(new Error('enough'));
      return grey(seen);
    });
    const detector = imageDetector(model, tilesOf(6, 2));
    await expect(detector.detect([wavy], { signal: stop.signal })).rejects.toThrow('enough');
    expect(batches).toBe(2);
    await expect(detector.detect([{ ...wavy, height: 17, width: 13 }])).rejects.toThrow(
      'of images of 13x17, and one of 17x13 was given',
    );
  });
});
