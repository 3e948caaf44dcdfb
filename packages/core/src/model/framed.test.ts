import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../contracts/dataset.js';
import type { Detection, Model } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import { framed, mapOfFrame, NO_SCORE, shownBox } from '../images/image-fit.js';
import { imagesTensor } from '../images/image-source.js';
import { tf } from '../tensors/tf.js';
import { fromMaps } from './from-maps.js';
import { imageDetector } from './tiled.js';

beforeAll(() => tf.setBackend('cpu'));

const modelOf = (detect: (seen: Seen) => Detection): Model => ({
  normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
  stages: [],
  detect,
  state: () => ({}),
  restore: () => undefined,
  dispose: () => undefined,
});
/** The map is the image in red: padding, 124 / 255, is higher than what is dark. */
const red = ({ images }: Seen) =>
  fromMaps(tf.squeeze(tf.slice(images, [0, 0, 0, 0], [-1, -1, -1, 1]), [3]) as tf.Tensor3D);

const image = (height: number, width: number, bright: number): RgbImage => ({
  height,
  width,
  data: Uint8Array.from({ length: height * width * 3 }, (_, at) => (Math.floor(at / 3) === bright ? 60 : 20)),
});
const images = [image(4, 8, 13), image(8, 5, 22)];

describe('a detector of padded images', () => {
  const frame = { height: 8, width: 8, fit: 'pad' } as const;

  it('gives maps of their sizes, of which padding is no part, nor of scores', async () => {
    const detected = await imageDetector(modelOf(red), null, frame).detect(images);
    for (const [index, { score, map }] of detected.entries()) {
      const { data } = images[index] as RgbImage;
      expect(score).toBeCloseTo(60 / 255, 6);
      expect(map).toHaveLength(data.length / 3);
      map?.forEach((value, pixel) => {
        expect(value).toBeCloseTo((data[3 * pixel] as number) / 255, 6);
      });
    }
  });

  it('is the same as a function of tensors, which is told what is shown', async () => {
    const detector = imageDetector(modelOf(red), null, frame);
    const detected = await detector.detect(images);
    const boxes = images.map((image) => shownBox(frame, image));
    const shown = tf.tensor2d(boxes.map(({ top, left, height, width }) => [top, left, height, width]));
    const given = imagesTensor(
      images.map((image) => framed(image, frame)),
      detector.normalization,
    );
    const { scores, maps } = detector.tensors(given, shown);
    expect([...scores.dataSync()]).toEqual(detected.map(({ score }) => score));
    const values = maps?.dataSync() as Float32Array;
    for (const [index, { map }] of detected.entries())
      expect(values.slice(64 * index, 64 * (index + 1))).toEqual(
        mapOfFrame(map as Float32Array, images[index] as RgbImage, frame),
      );
  });

  it('keeps a score that is not the highest of the map, and has none of maps where there are none', async () => {
    const detect = (seen: Seen): Detection => ({ scores: tf.fill([seen.images.shape[0]], 7), maps: null });
    const without = imageDetector(modelOf(detect), null, frame);
    expect(await without.detect(images)).toEqual(images.map(() => ({ score: 7, map: null })));
    const withMaps = imageDetector(
      modelOf((seen) => ({ ...detect(seen), maps: red(seen).maps })),
      null,
      frame,
    );
    expect((await withMaps.detect(images)).map(({ score }) => score)).toEqual([7, 7]);
  });
});

describe('a detector of cut images', () => {
  const frame = { height: 4, width: 4, fit: 'crop' } as const;
  const wide = image(4, 9, 4);

  it('scores what is left, and nothing beside it', async () => {
    const [detected] = await imageDetector(modelOf(red), null, frame).detect([wide]);
    expect(detected?.score).toBeCloseTo(60 / 255, 6);
    // Of the 5 columns that are cut away 2 are on the left.
    const unscored = Array.from(detected?.map ?? [], (score) => score === NO_SCORE);
    expect(unscored).toEqual(Array.from({ length: 36 }, (_, pixel) => pixel % 9 < 2 || pixel % 9 > 5));
  });

  it('has tiles of the frame', async () => {
    const tiles = {
      grid: {
        image: { height: 4, width: 4 },
        tile: { height: 4, width: 2 },
        tops: [0],
        lefts: [0, 2],
        lineWeights: [new Float32Array(4).fill(1)],
        columnWeights: [new Float32Array(2).fill(1), new Float32Array(2).fill(1)],
      },
      batchSize: 2,
    };
    const whole = await imageDetector(modelOf(red), null, frame).detect([wide]);
    expect(await imageDetector(modelOf(red), tiles, frame).detect([wide])).toEqual(whole);
  });
});
