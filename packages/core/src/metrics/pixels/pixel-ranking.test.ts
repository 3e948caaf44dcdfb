import { describe, expect, it } from 'vitest';
import type { Size } from '../../contracts/size.js';
import type { PixelSource, Thresholder } from '../../contracts/threshold.js';
import { addAreas, areaUnderStep, auroc, pixelAuroc } from '../auroc.js';
import { bestF1, bestPixelF1 } from '../best-f1.js';
import { evaluate } from '../evaluate.js';
import { rankSamples } from '../ranking.js';
import { areasUnderPro, aupro, lastOutside } from './aupro.js';
import { connectedComponents } from './connected-components.js';
import { diceGlobal, diceMean } from './dice.js';
import { type PixelRanking, pixelRanker, surveyMasks } from './pixel-ranking.js';

interface Image {
  readonly size: Size;
  readonly map: Float32Array;
  readonly mask: Uint8Array | null;
}

/** Images of several sizes, of which every third is nominal and one has no mask; their defects are two rectangles. */
function randomImages(score: (random: number) => number, count = 7, side = 20): Image[] {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const upTo = (most: number) => Math.floor(next() * most);
  return Array.from({ length: count }, (_, index) => {
    const size = { height: side + index, width: side + 2 * index };
    const map = Float32Array.from({ length: size.height * size.width }, () => score(next()));
    const mask = new Uint8Array(map.length);
    for (let defect = 0; defect < (index % 3 === 0 ? 0 : 2); defect++) {
      const [top, left] = [upTo(size.height), upTo(size.width)];
      const [bottom, right] = [top + upTo(side / 2), left + upTo(side / 2)];
      for (let y = top; y <= Math.min(bottom, size.height - 1); y++)
        for (let x = left; x <= Math.min(right, size.width - 1); x++) {
          mask[y * size.width + x] = 255;
          map[y * size.width + x] = Math.fround((map[y * size.width + x] as number) + 0.25);
        }
    }
    return { size, map, mask: index === 4 ? null : mask };
  });
}

/** Gives each map and mask in memory that was given before, where that is allowed. */
const sourceOf = (images: readonly Image[]): PixelSource => ({
  length: images.length,
  size: (index) => (images[index] as Image).size,
  async map(index, into) {
    const { map } = images[index] as Image;
    if (into?.length !== map.length) return map.slice();
    into.set(map);
    return into;
  },
  async mask(index, into) {
    const { mask } = images[index] as Image;
    if (!mask) return null;
    if (into?.length !== mask.length) return mask.slice();
    into.set(mask);
    return into;
  },
});

/** Everything at once, by the measures of samples. */
function inMemory(images: readonly Image[], fprLimit: number) {
  const known = images.filter(({ mask }) => mask);
  const scores = known.flatMap(({ map }) => [...map]);
  const labels = known.flatMap(({ mask }) =>
    Array.from(mask as Uint8Array, (pixel) => (pixel === 0 ? 0 : 1)),
  );
  const ranking = rankSamples(scores, labels);
  const at = new Map(Array.from(ranking.scores, (score, i) => [score + 0, i]));
  const limit = ranking.nominalTotal * fprLimit;
  let [sum, regions] = [0, 0];
  for (const { map, mask, size } of known) {
    const { count, labels } = connectedComponents(mask as Uint8Array, size);
    for (let region = 1; region <= count; region++) {
      let [area, pixels] = [0, 0];
      for (const [i, label] of labels.entries())
        if (label === region) {
          area += areaUnderStep(ranking, at.get((map[i] as number) + 0) as number, limit);
          pixels++;
        }
      sum += area / pixels;
      regions++;
    }
  }
  return { auroc: auroc(scores, labels), f1: bestF1(scores, labels), aupro: sum / regions };
}

/** From rankings of few scores at a time. */
async function inParts(pixels: PixelSource, most: number, fprLimit: number) {
  const survey = await surveyMasks(pixels);
  const ranker = pixelRanker(pixels, survey, most);
  const parts: { scores: number[]; defective: number[]; nominalAbove: number[]; nominalEqual: number[] }[] =
    [];
  let areas = 0;
  let floor = Number.NEGATIVE_INFINITY;
  const whole = await ranker.rank((ranking: PixelRanking) => {
    const { scores, defective, nominalAbove, nominalEqual } = ranking;
    parts.push({
      scores: [...scores],
      defective: [...defective],
      nominalAbove: [...nominalAbove],
      nominalEqual: [...nominalEqual],
    });
    areas = addAreas(areas, ranking, 1);
    floor = Math.max(floor, lastOutside(ranking, fprLimit));
  });
  return {
    parts,
    isWhole: whole !== null,
    auroc: areas / survey.defectiveTotal,
    aupro: (await areasUnderPro(pixels, survey, { ranker, whole, floor }, [fprLimit], undefined, most))[0],
  };
}

const kinds: [string, (random: number) => number][] = [
  ['of both signs', (x) => Math.fround(x - 0.5)],
  ['with many ties, 0 and -0 among them', (x) => Math.round(x * 30 - 15) / 16],
  ['of many orders of magnitude', (x) => Math.fround(10 ** (60 * x - 40))],
  ['that are the same', () => 0.25],
];

describe.each(kinds)('pixels in parts, scores %s', (_, score) => {
  const images = randomImages(score);
  const pixels = sourceOf(images);

  it('give exactly what all of them give at once', async () => {
    for (const limit of [0.05, 0.3, 1]) {
      const expected = inMemory(images, limit);
      expect(await aupro(pixels, limit)).toBe(expected.aupro);
      expect(await pixelAuroc(pixels)).toBe(expected.auroc);
      expect(await bestPixelF1(pixels)).toEqual(expected.f1);
      const whole = await inParts(pixels, 10_000, limit);
      expect(whole).toMatchObject({ isWhole: true, auroc: expected.auroc, aupro: expected.aupro });
      for (const most of [1, 40, 200]) {
        const inFew = await inParts(pixels, most, limit);
        expect(inFew).toMatchObject({ auroc: expected.auroc, aupro: expected.aupro });
        for (const key of ['scores', 'defective', 'nominalAbove', 'nominalEqual'] as const)
          expect(inFew.parts.flatMap((part) => part[key])).toEqual(whole.parts[0]?.[key]);
      }
    }
  });

  it('are as good in any order of the images', async () => {
    const reversed = sourceOf(images.toReversed());
    expect(await pixelAuroc(reversed)).toBe(await pixelAuroc(pixels));
    expect(await bestPixelF1(reversed)).toEqual(await bestPixelF1(pixels));
    expect(await diceGlobal(reversed, 0.4)).toBe(await diceGlobal(pixels, 0.4));
    expect(await aupro(reversed)).toBeCloseTo(await aupro(pixels), 14);
    expect(await diceMean(reversed, 0.4)).toBeCloseTo(await diceMean(pixels, 0.4), 14);
  });

  it('are not changed', async () => {
    await inParts(pixels, 40, 0.3);
    expect(images).toEqual(randomImages(score));
  });
});

const at06: Thresholder = { needs: 'labels', threshold: () => 0.6 };

it('gives what it gave when all maps were held in memory, bit for bit', async () => {
  const images = randomImages((x) => Math.fround(Math.round(x * 500) / 512), 12, 40);
  const pixels = sourceOf(images);
  const labels = images.map((_, index) => (index % 3 === 0 ? 0 : 1));
  const evaluation = await evaluate({ scores: labels, labels, pixels, threshold: at06, deployed: null });
  // To 1e-15 also scikit-learn 1.9's roc_auc_score, f1_score and precision_recall_curve, and AUPRO as in aupro.test.ts.
  expect(evaluation).toMatchObject({
    pixelAuroc: 0.7152085536898191,
    aupro: 0.3952603080117404,
    diceMean: 0.13564464573128776,
    diceGlobal: 0.09254218835057158,
  });
  expect(await bestPixelF1(pixels)).toEqual({ f1: 0.3784313725490196, threshold: 0.978515625 });
});

it('ranks more scores than are ranked at once', async () => {
  const size = { height: 700, width: 900 };
  const images = [0, 1].map((index): Image => {
    const scores = Float32Array.from({ length: 630_000 }, (_, i) => ((i * 7919) % 630_000) / 2 ** 20 + index);
    return { size, map: scores, mask: Uint8Array.from(scores, (_, i) => Number(i % 10 > 0)) };
  });
  const pixels = sourceOf(images);
  const survey = await surveyMasks(pixels);
  const ranker = pixelRanker(pixels, survey, 2 ** 21);
  let areas = 0;
  const whole = await ranker.rank((ranking) => {
    areas = addAreas(areas, ranking, 1);
  });
  expect(whole).not.toBeNull();
  const evaluation = await evaluate({
    scores: [1, 2],
    labels: [1, 1],
    pixels,
    threshold: at06,
    deployed: null,
  });
  expect(evaluation).toMatchObject({
    pixelAuroc: areas / survey.defectiveTotal,
    aupro: (
      await areasUnderPro(pixels, survey, { ranker, whole, floor: Number.NEGATIVE_INFINITY }, [0.3])
    )[0],
  });
});
