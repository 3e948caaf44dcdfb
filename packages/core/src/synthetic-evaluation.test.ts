import { describe, expect, it } from 'vitest';
import type { AnomalyDetector } from './detector.js';
import type { ImageSource } from './image-source.js';
import { namedRandom } from './named-random.js';
import { evaluateSynthetic } from './synthetic-evaluation.js';

const SIZE = 32;
const textures = (length: number): ImageSource => ({
  length,
  size: [SIZE, SIZE],
  image: async (index) => {
    const random = namedRandom(index, 'texture');
    const data = Uint8Array.from({ length: 3 * SIZE * SIZE }, () => 100 + 50 * random());
    return { width: SIZE, height: SIZE, data };
  },
});

/** Scores an image by a function of its pixels. */
const detectorOf = (score: (pixels: Uint8Array) => number, seen: number[] = []): AnomalyDetector => ({
  async anomalyMaps(images) {
    seen.push(images.length);
    return images.map(({ data }) => Float32Array.of(score(data)));
  },
});
const options = { batchSize: 4, seed: 1 };

describe('evaluateSynthetic', () => {
  it('is 1 for a detector that knows each image, and 0.5 for one that sees nothing', async () => {
    const images = textures(5);
    const known = await Promise.all(Array.from({ length: 5 }, (_, index) => images.image(index)));
    const differs = (pixels: Uint8Array) =>
      Math.min(
        ...known.map(({ data }) =>
          data.reduce((sum, value, at) => sum + Math.abs(value - (pixels[at] as number)), 0),
        ),
      );
    expect(await evaluateSynthetic(detectorOf(differs), images, options)).toEqual({
      images: 5,
      imageAuroc: 1,
      kinds: { patch: 1, scar: 1, stain: 1 },
    });
    const blind = await evaluateSynthetic(
      detectorOf(() => 7),
      images,
      options,
    );
    expect(blind?.kinds).toEqual({ patch: 0.5, scar: 0.5, stain: 0.5 });
  });

  it('is the mean over the kinds, and tells them apart', async () => {
    // What is pasted from black is hardly brighter; most stains are.
    const black: ImageSource = {
      ...textures(30),
      image: async () => ({ width: SIZE, height: SIZE, data: new Uint8Array(3 * SIZE * SIZE) }),
    };
    const isBright = (pixels: Uint8Array) => (Math.max(...pixels) > 40 ? 1 : 0);
    const { imageAuroc, kinds } = (await evaluateSynthetic(detectorOf(isBright), black, options)) ?? {};
    const { patch, scar, stain } = kinds as NonNullable<typeof kinds>;
    expect([patch, scar]).toEqual([0.5, 0.5]);
    expect(stain).toBeGreaterThan(0.7);
    expect(imageAuroc).toBeCloseTo((patch + scar + stain) / 3, 12);
  });

  it('takes forty images of more, reports each, and stops when it is told to', async () => {
    const reported: [number, number][] = [];
    const evaluation = await evaluateSynthetic(
      detectorOf(() => 0),
      textures(41),
      {
        ...options,
        onProgress: (...progress) => reported.push(progress),
      },
    );
    expect(evaluation?.images).toBe(40);
    expect(reported).toHaveLength(160);
    expect(reported.at(-1)).toEqual([160, 160]);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(
      evaluateSynthetic(
        detectorOf(() => 0),
        textures(3),
        { ...options, signal },
      ),
    ).rejects.toThrow('stop');
  });

  it('is null without images', async () => {
    expect(
      await evaluateSynthetic(
        detectorOf(() => 0),
        textures(0),
        options,
      ),
    ).toBeNull();
  });
});
