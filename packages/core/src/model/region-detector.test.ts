import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../contracts/dataset.js';
import type { Detection, Model } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import { FILL, NO_SCORE } from '../images/image-fit.js';
import { imagesTensor } from '../images/image-source.js';
import { tileGrid } from '../images/tiles.js';
import { tf } from '../tensors/tf.js';
import { fromMaps } from './from-maps.js';
import { imageDetector } from './tiled.js';

beforeAll(() => tf.setBackend('cpu'));

const normalization = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] } as const;
const modelOf = (detect: (seen: Seen) => Detection): Model => ({
  normalization,
  stages: [],
  detect,
  state: () => ({}),
  restore: () => undefined,
  dispose: () => undefined,
});
const red = ({ images }: Seen) =>
  tf.squeeze(tf.slice(images, [0, 0, 0, 0], [-1, -1, -1, 1]), [3]) as tf.Tensor3D;

const frame = { height: 12, width: 16 };
/** The left half, but its upper rows. */
const inside = Uint8Array.from({ length: 192 }, (_, pixel) =>
  Number(pixel % 16 < 8 && Math.floor(pixel / 16) >= 3),
);
const image: RgbImage = {
  ...frame,
  // Darker than the colour of what is hidden, and brightest outside.
  data: Uint8Array.from({ length: 576 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return inside[pixel] === 1 ? (pixel * 7) % 90 : 250;
  }),
};
const brightest = Math.max(...[...inside.keys()].filter((at) => inside[at]).map((at) => (at * 7) % 90));
const normalized = (value: number) => (value / 255 - 0.5) / 0.2;

const tiles = { grid: tileGrid(frame, { height: 6, width: 6 }, 2), batchSize: 3 };

describe.each([
  ['without tiles', null],
  ['with tiles', tiles],
] as const)('a detector of a region, %s', (_, tiles) => {
  it('scores what is inside, and nothing else', async () => {
    const detector = imageDetector(
      modelOf((seen) => fromMaps(red(seen))),
      tiles,
      frame,
      inside,
    );
    const [detected] = await detector.detect([image]);
    expect(detected?.score).toBeCloseTo(normalized(brightest), 5);
    detected?.map?.forEach((value, pixel) => {
      if (inside[pixel] === 0) expect(value).toBe(NO_SCORE);
      else expect(value).toBeCloseTo(normalized((pixel * 7) % 90), 5);
    });
    expect(image.data[0]).toBe(250);
  });

  it('is the same as a function of tensors', async () => {
    const detector = imageDetector(
      modelOf((seen) => fromMaps(red(seen))),
      tiles,
      frame,
      inside,
    );
    const other = { ...image, data: image.data.map((value) => 255 - value) };
    const detected = await detector.detect([image, other]);
    const { scores, maps } = detector.tensors(imagesTensor([image, other], normalization));
    const values = maps?.dataSync() as Float32Array;
    for (const [n, { score, map }] of detected.entries()) {
      expect(scores.dataSync()[n]).toBeCloseTo(score, 5);
      map?.forEach((value, pixel) => {
        const own = values[192 * n + pixel] as number;
        if (value === NO_SCORE) expect(own).toBe(NO_SCORE);
        else expect(own).toBeCloseTo(value, 4);
      });
    }
  });

  it('shows the model one colour outside, and no tile that is outside', async () => {
    let seen = 0;
    const model = modelOf(({ images }) => {
      seen += images.shape[0];
      const scores = tf.max(images, [1, 2, 3]) as tf.Tensor1D;
      return { scores, maps: null };
    });
    const [detected] = await imageDetector(model, tiles, frame, inside).detect([image]);
    const fill = FILL.map(
      (value, at) => (value / 255 - (normalization.mean[at] as number)) / (normalization.std[at] as number),
    );
    expect(detected?.map).toBeNull();
    expect(detected?.score).toBeCloseTo(Math.max(...fill, normalized(brightest)), 5);
    // Tiles begin at 0, 3, 6 and at 0, 3, 7, 10: in the last column there is nothing of the left half.
    if (tiles)
      expect([tiles.grid.tops, tiles.grid.lefts]).toEqual([
        [0, 3, 6],
        [0, 3, 7, 10],
      ]);
    expect(seen).toBe(tiles ? 9 : 1);
  });
});
