import { describe, expect, it } from 'vitest';
import { metricsFixture as fixture } from '../../fixtures/read-metrics.js';
import { DataError } from '../contracts/errors.js';
import type { PixelSource, Thresholder } from '../contracts/threshold.js';
import { bestF1, bestPixelF1 } from './best-f1.js';
import { type EvaluationInput, evaluate } from './evaluate.js';
import { aupimo } from './pixels/aupimo.js';
import { pixelsInMemory } from './pixels/pixels.js';

const imageF1: Thresholder = {
  needs: 'labels',
  threshold: ({ scores, labels }) => bestF1(scores, labels as ArrayLike<number>).threshold,
};
const map = (...scores: number[]) => Float32Array.from(scores);
const mask = (...pixels: number[]) => Uint8Array.from(pixels);

/** Two nominal and two defective images of 1x4; the second defective one is missed by any threshold that spares the nominal. */
const maps = [
  map(0.125, 0.25, 0, 0),
  map(0, 0.5, 0.25, 0.125),
  map(0, 1, 0.75, 0.5),
  map(0.375, 0.125, 0.25, 0.125),
];
const masks = [mask(0, 0, 0, 0), mask(0, 0, 0, 0), mask(0, 1, 1, 0), mask(1, 0, 0, 0)];
const withMasks = (masks: readonly (Uint8Array | null)[]) =>
  pixelsInMemory(maps.slice(0, masks.length), masks, { height: 1, width: 4 });
const input: EvaluationInput = {
  scores: [0.25, 0.5, 1, 0.375],
  labels: [0, 0, 1, 1],
  pixels: withMasks(masks),
  threshold: imageF1,
  deployed: 0.75,
};

describe('evaluate', () => {
  it('reports images at both thresholds, and pixels at the benchmark one', async () => {
    const { pixelAuroc, aupro, aupimo: perImage, ...rest } = await evaluate(input);
    expect(rest).toEqual({
      imageAuroc: 0.75,
      imageAurocInterval: { low: 0, high: 1 },
      imageAp: (1 + 2 / 3) / 2,
      partialAuroc: 0.5,
      imageF1: 4 / 5,
      precision: 2 / 3,
      recall: 1,
      falseBads: 1,
      falseGoods: 0,
      threshold: 0.375,
      deployed: { threshold: 0.75, falseBads: 0, falseGoods: 1, pixelF1: 4 / 5 },
      aupro05: 1 / 2,
      pixelAp: (1 + 1 + 3 / 5) / 3,
      pixelF1Max: 4 / 5,
      diceMean: (4 / 5 + 1) / 2,
      diceGlobal: 6 / (3 + 5),
      kinds: [],
      wholeGroups: null,
      groups: [],
      views: [],
      saturatedOverlap: null,
      notes: [],
    });
    // Of 13 nominal pixels two score above the missed defect, none above the others.
    expect(pixelAuroc).toBeCloseTo((1 + 1 + 11 / 13) / 3, 14);
    expect(aupro).toBeCloseTo((1 + (3.9 - 2) / 3.9) / 2, 14);
    // One of both defects is above all nominal images' pixels.
    expect(perImage).toBeCloseTo(1 / 2, 14);
  });

  it('says what the deployed threshold is worth, where it knows what it was chosen from', async () => {
    const worthOf = async (sufficient?: number) =>
      (await evaluate({ ...input, heldOut: { scores: [0.25, 0.5, 0.75], sufficient } })).deployed;
    expect(await worthOf()).toEqual({
      threshold: 0.75,
      falseBads: 0,
      falseGoods: 1,
      pixelF1: 4 / 5,
      heldOut: 3,
      falseAlarmBound: 2 / 4,
    });
    expect(await worthOf(3)).toEqual(await worthOf());
    expect(await worthOf(4)).toEqual({ ...(await worthOf()), heldOutWanted: 4 });
  });

  it('tells kinds of defects apart', async () => {
    const { kinds } = await evaluate({ ...input, kinds: ['good', 'good', 'scratch', 'hole'] });
    expect(kinds).toEqual([
      { kind: 'scratch', images: 1, imageAuroc: 1, falseGoods: 0 },
      { kind: 'hole', images: 1, imageAuroc: 0.5, falseGoods: 1 },
    ]);
    await expect(evaluate({ ...input, kinds: ['good'] })).rejects.toThrow('4 image scores but 1 kinds');
  });

  it("has AUPRO up to 0.05 as anomalib, AUPIMO's mean, and scikit-learn's measures of pixels", async () => {
    const { maps, masks, size, aupro05 } = fixture;
    const pixels = pixelsInMemory(
      maps.map((values) => Float32Array.from(values)),
      masks.map((values) => Uint8Array.from(values)),
      size,
    );
    const labels = maps.map((_, i) => (i < 4 ? 0 : 1));
    const scores = maps.map((values) => Math.max(...values));
    const evaluation = await evaluate({ scores, labels, pixels, threshold: imageF1, deployed: null });
    expect(evaluation.aupro05).toBeCloseTo(aupro05, 5);
    const areas = (await aupimo(pixels)).filter((area) => area !== null);
    expect(evaluation.aupimo).toBeCloseTo(areas.reduce((sum, area) => sum + area, 0) / 6, 12);
    expect(evaluation.pixelAp).toBeCloseTo(fixture.pixelAveragePrecision, 12);
    expect(evaluation.pixelF1Max).toBeCloseTo(fixture.pixelF1Max, 12);
    expect(evaluation.deployed).toBeNull();
  });

  it('leaves images without a mask out of the pixel measures', async () => {
    const evaluation = await evaluate({ ...input, pixels: withMasks([...masks.slice(0, 3), null]) });
    expect(evaluation).toMatchObject({ pixelAuroc: 1, aupro: 1, diceMean: 4 / 5, imageAuroc: 0.75 });
    expect(evaluation.notes).toEqual(['1 test image has no mask: left out of pixel measures.']);
  });

  it('counts pixels without a score nowhere', async () => {
    const [height, width] = [5, 6];
    const inner = maps.map((_, image) =>
      Float32Array.from({ length: height * width }, (_, pixel) => ((pixel * 7 + image * 11) % 17) / 17),
    );
    const innerMasks = masks.map((_, image) =>
      Uint8Array.from({ length: height * width }, (_, pixel) => Number(image > 1 && pixel % 9 < 2)),
    );
    /** One pixel more on each side. */
    const bordered = <T extends Float32Array | Uint8Array>(pixels: T, border: number): T => {
      const larger = new (pixels.constructor as new (length: number) => T)((height + 2) * (width + 2));
      larger.fill(border);
      for (let y = 0; y < height; y++)
        larger.set(pixels.subarray(y * width, (y + 1) * width), (y + 1) * (width + 2) + 1);
      return larger;
    };
    const larger = { height: height + 2, width: width + 2 };
    const pixels: PixelSource = {
      ...pixelsInMemory(
        inner.map((map) => bordered(map, Number.NEGATIVE_INFINITY)),
        innerMasks.map((mask) => bordered(mask, 0)),
        larger,
      ),
      unscored: () => 2 * (height + width) + 4,
    };
    const expected = await evaluate({
      ...input,
      pixels: pixelsInMemory(inner, innerMasks, { height, width }),
    });
    expect(expected.pixelAuroc).toBeGreaterThan(0);
    expect(await evaluate({ ...input, pixels })).toEqual(expected);
    expect(await aupimo(pixels)).toEqual(await aupimo(pixelsInMemory(inner, innerMasks, { height, width })));
    await expect(evaluate({ ...input, pixels: { ...pixels, unscored: () => 0 } })).rejects.toThrow(
      'is -Infinity; scores must be finite numbers',
    );
  });

  it('gives null for pixels where no defective image has a mask', async () => {
    const evaluation = await evaluate({ ...input, pixels: withMasks([...masks.slice(0, 2), null, null]) });
    expect(evaluation).toMatchObject({
      imageAuroc: 0.75,
      falseBads: 1,
      pixelAuroc: null,
      aupro: null,
      diceMean: null,
      diceGlobal: null,
    });
    expect(evaluation.notes).toEqual([
      '2 test images have no mask: left out of pixel measures.',
      'No mask has a defective pixel, so pixel AUROC, AUPRO and Dice were not measured.',
    ]);
  });

  it('says so where the mask of a defective image is empty', async () => {
    const evaluation = await evaluate({
      ...input,
      pixels: withMasks([...masks.slice(0, 3), mask(0, 0, 0, 0)]),
    });
    expect(evaluation.diceMean).toBe(4 / 5);
    expect(evaluation.notes.join()).toContain('1 defective image has no defective pixel that is looked at');
  });

  it('measures what one class allows, and says what it does not', async () => {
    const first = <T>(list: ArrayLike<T>) => Array.from(list).slice(0, 2);
    const evaluation = await evaluate({
      ...input,
      scores: first(input.scores),
      labels: first(input.labels),
      pixels: withMasks(masks.slice(0, 2)),
      deployed: 0.5,
    });
    expect(evaluation).toMatchObject({
      imageAuroc: null,
      partialAuroc: null,
      imageF1: null,
      precision: null,
      recall: null,
      falseBads: null,
      threshold: null,
      deployed: { threshold: 0.5, falseBads: 1, falseGoods: 0 },
      pixelAuroc: null,
    });
    expect(evaluation.notes[0]).toMatch(
      'No threshold could be chosen on the test set. There is no defective sample',
    );
    expect(evaluation.notes[1]).toMatch('All test images are nominal');
  });

  it('keeps the deployed threshold where there are no test images', async () => {
    const evaluation = await evaluate({ ...input, scores: [], labels: [], pixels: withMasks([]) });
    expect(evaluation).toMatchObject({
      imageAuroc: null,
      threshold: null,
      pixelAuroc: null,
      deployed: { threshold: 0.75, falseBads: 0, falseGoods: 0 },
      notes: ['There are no test images, so nothing was measured.'],
    });
  });

  it('gives a thresholder the pixels it needs, where there are any', async () => {
    const pixelF1: Thresholder = {
      needs: 'masks',
      threshold: async ({ pixels }) => (pixels ? (await bestPixelF1(pixels)).threshold : 0.625),
    };
    const thresholdWith = async (pixels: PixelSource | null) =>
      (await evaluate({ ...input, threshold: pixelF1, pixels })).threshold;
    expect(await thresholdWith(input.pixels)).toBe(0.75);
    expect(await thresholdWith(withMasks([null, ...masks.slice(1, 3), null]))).toBe(0.75);
    expect(await thresholdWith(withMasks([null, null, null, null]))).toBe(0.625);
    expect(await thresholdWith(null)).toBe(0.625);
  });

  it('measures images alone where the model gives no maps', async () => {
    const { notes, ...evaluation } = await evaluate({ ...input, pixels: null });
    const ofPixels = [
      'pixelAuroc',
      'aupro',
      'aupro05',
      'aupimo',
      'pixelAp',
      'pixelF1Max',
      'diceMean',
      'diceGlobal',
    ];
    const none = Object.fromEntries(ofPixels.map((name) => [name, null]));
    const { notes: _, deployed, ...withPixels } = await evaluate(input);
    expect(evaluation).toEqual({ ...withPixels, ...none, deployed: { ...deployed, pixelF1: null } });
    expect(notes).toEqual([
      'The model says of an image whether it is defective, not where: pixel AUROC, AUPRO and Dice were not measured.',
    ]);
  });

  it('throws for wrong input and for a thresholder that fails otherwise', async () => {
    await expect(evaluate({ ...input, labels: [0, 0, 1] })).rejects.toThrow('4 image scores but 3 labels');
    await expect(evaluate({ ...input, pixels: withMasks([]) })).rejects.toThrow(
      '4 image scores but 0 anomaly maps',
    );
    await expect(evaluate({ ...input, scores: [Number.NaN, 1, 2, 3] })).rejects.toThrow(DataError);
    const broken: Thresholder = {
      needs: 'labels',
      threshold: () => {
        throw new TypeError('no such thing');
      },
    };
    await expect(evaluate({ ...input, threshold: broken })).rejects.toThrow('no such thing');
  });
});

describe('evaluate reads images one after another', () => {
  /** What is read of `input`, and how many images are being read at once at most. */
  function watchedInput() {
    const reads: string[] = [];
    const pixels = input.pixels as PixelSource;
    let [reading, most] = [0, 0];
    const read = async <T>(what: string, result: Promise<T>): Promise<T> => {
      reads.push(what);
      most = Math.max(most, ++reading);
      await new Promise((done) => setImmediate(done));
      reading--;
      return result;
    };
    const watched: PixelSource = {
      ...pixels,
      map: (index) => read(`map ${index}`, pixels.map(index)),
      mask: (index) => read(`mask ${index}`, pixels.mask(index)),
    };
    return { input: { ...input, pixels: watched }, reads, mostAtOnce: () => most, reading: () => reading };
  }

  it('maps of nominal ones once, others three times', async () => {
    const { input, reads, mostAtOnce } = watchedInput();
    await evaluate(input);
    const times = (index: number) => reads.filter((read) => read === `map ${index}`).length;
    expect([0, 1, 2, 3].map(times)).toEqual([1, 1, 3, 3]);
    expect(mostAtOnce()).toBe(1);
  });

  it('and says how far it is', async () => {
    const seen: (readonly [number, number])[] = [];
    await evaluate(input, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
  });

  it('until it is stopped, and then no more', async () => {
    const all = watchedInput();
    await evaluate(all.input);
    for (const last of all.reads.keys()) {
      const stop = new AbortController();
      const { input, reads, reading } = watchedInput();
      const { map, mask } = input.pixels;
      const counted = async <T>(result: Promise<T>): Promise<T> => {
        if (reads.length === last + 1) stop.abort(new Error('stopped'));
        return result;
      };
      const pixels = {
        ...input.pixels,
        map: (index: number) => counted(map(index)),
        mask: (index: number) => counted(mask(index)),
      };
      const evaluated = evaluate({ ...input, pixels }, { signal: stop.signal });
      // What is aborted while the last image is worked on is through.
      if (last < all.reads.length - 2) await expect(evaluated).rejects.toThrow('stopped');
      else await evaluated;
      expect(reads.length).toBeLessThanOrEqual(last + 2);
      expect(reading()).toBe(0);
    }
  });
});
