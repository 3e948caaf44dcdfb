import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../contracts/dataset.js';
import type { ImageSource } from '../images/image-source.js';
import { namedRandom } from '../images/named-random.js';
import type { Detector } from './detector.js';
import { evaluateSynthetic, type SyntheticEvaluation } from './synthetic-evaluation.js';

const textures = (length: number, [height, width] = [32, 32] as [number, number]): ImageSource => ({
  length,
  size: [height, width],
  image: async (index) => {
    const random = namedRandom(index, 'texture');
    const data = Uint8Array.from({ length: 3 * height * width }, () => 100 + 50 * random());
    return { width, height, data };
  },
});

/** A detector whose map is a function of the image. */
const detectorOf = (mapOf: (image: RgbImage) => Float32Array): Detector => ({
  detect: async (images) =>
    images.map((image) => {
      const map = mapOf(image);
      return { score: map.reduce((most, value) => Math.max(most, value)), map };
    }),
});
const pixelsOf = ({ data }: RgbImage) => data.length / 3;
const blind = detectorOf((image) => new Float32Array(pixelsOf(image)).fill(7));
const options = { batchSize: 4, seed: 1 };

describe('evaluateSynthetic', () => {
  it('is nearly 1 for a detector that knows each image, and 0.5 for one that sees nothing', async () => {
    const images = textures(5);
    const known = await Promise.all(Array.from({ length: 5 }, (_, index) => images.image(index)));
    const differs = (a: RgbImage, b: RgbImage) => a.data.filter((value, at) => value !== b.data[at]).length;
    const knowing = detectorOf((image) => {
      const [original] = known.toSorted((a, b) => differs(a, image) - differs(b, image)) as [RgbImage];
      return Float32Array.from({ length: pixelsOf(image) }, (_, at) =>
        [0, 1, 2].some((channel) => image.data[3 * at + channel] !== original.data[3 * at + channel]) ? 1 : 0,
      );
    });
    const evaluation = await evaluateSynthetic(knowing, images, options);
    expect(evaluation?.imageAuroc).toBe(1);
    // What is pasted is here and there what was there before.
    expect(evaluation?.pixelAuroc).toBeGreaterThan(0.98);
    const none = { pixelAuroc: 0.5, imageAuroc: 0.5 };
    expect(await evaluateSynthetic(blind, images, options)).toEqual({
      images: 5,
      ...none,
      kinds: { patch: none, scar: none, stain: none },
    });
  });

  it.each([
    ['small', [32, 32]],
    ['larger than what is looked at', [60, 300]],
  ] as const)(
    'is the mean over the kinds, and tells them apart, in images that are %s',
    async (_, [height, width]) => {
      // What is pasted from black is hardly brighter; most stains are.
      const black: ImageSource = {
        length: 12,
        size: [height, width],
        image: async () => ({ width, height, data: new Uint8Array(3 * height * width) }),
      };
      const bright = detectorOf(({ data }) =>
        Float32Array.from({ length: data.length / 3 }, (_, at) => ((data[3 * at] as number) > 40 ? 1 : 0)),
      );
      const evaluation = (await evaluateSynthetic(bright, black, options)) as SyntheticEvaluation;
      const { patch, scar, stain } = evaluation.kinds;
      expect([patch, scar]).toEqual(Array(2).fill({ pixelAuroc: 0.5, imageAuroc: 0.5 }));
      expect(stain.pixelAuroc).toBeGreaterThan(0.7);
      expect(stain.imageAuroc).toBeGreaterThan(0.7);
      expect(evaluation.pixelAuroc).toBeCloseTo((1 + (stain.pixelAuroc as number)) / 3, 12);
      expect(evaluation.imageAuroc).toBeCloseTo((1 + stain.imageAuroc) / 3, 12);
    },
  );

  it('says nothing of pixels for a detector without maps', async () => {
    const brightest: Detector = {
      detect: async (images) => images.map(({ data }) => ({ score: Math.max(...data), map: null })),
    };
    const evaluation = (await evaluateSynthetic(brightest, textures(5), options)) as SyntheticEvaluation;
    const { imageAuroc, pixelAuroc, kinds } = evaluation;
    expect(pixelAuroc).toBeNull();
    expect(Object.values(kinds).map((kind) => kind.pixelAuroc)).toEqual([null, null, null]);
    expect(imageAuroc).toBeCloseTo(
      Object.values(kinds).reduce((sum, kind) => sum + kind.imageAuroc, 0) / 3,
      12,
    );
    expect(kinds.stain.imageAuroc).toBeGreaterThan(0.5);
  });

  it('says nothing of pixels where images are so small that a drawn defect has none', async () => {
    const evaluation = await evaluateSynthetic(blind, textures(1, [2, 2]), options);
    expect(evaluation?.kinds.scar.pixelAuroc).toBeNull();
    expect(evaluation?.imageAuroc).toBe(0.5);
  });

  it('takes forty images of more, reports each, and stops when it is told to', async () => {
    const reported: [number, number][] = [];
    const evaluation = await evaluateSynthetic(blind, textures(41, [8, 8]), {
      ...options,
      onProgress: (done, total) => reported.push([done, total]),
    });
    expect(evaluation?.images).toBe(40);
    expect(reported).toHaveLength(160);
    expect(reported.at(-1)).toEqual([160, 160]);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(evaluateSynthetic(blind, textures(3), { ...options, signal })).rejects.toThrow('stop');
  });

  it('is null without images', async () => {
    expect(await evaluateSynthetic(blind, textures(0), options)).toBeNull();
  });
});
