import { describe, expect, it } from 'vitest';
import { auroc, pixelAuroc } from './auroc.js';
import { kindMeasures, partMeasures, saturatedOverlap, type TestSet, wholeGroups } from './parts.js';
import { aupro } from './pixels/aupro.js';
import { pixelsInMemory } from './pixels/pixels.js';
import { areasUnderSpro, defectRegion } from './pixels/spro.js';

/** Two objects in three views, and one that stands by itself. */
const scores = [0.2, 0.1, 0.5, 0.9, 0.3, 0.4, 0.6];
const labels = [0, 0, 0, 1, 0, 1, 0];
const groups = ['a', 'a', 'a', 'b', 'b', 'b', null];
const views = ['C1', 'C2', 'C3', 'C1', 'C2', 'C3', 'C1'];
const masks = labels.map((label) => Uint8Array.of(label, 0, 0, label));
const maps = scores.map((score, i) => Float32Array.of(score, 0.1 * (i % 4), 0.25, score / 2));
const size = { height: 2, width: 2 };
const testSet: TestSet = {
  scores,
  labels,
  groups,
  views,
  pixels: pixelsInMemory(maps, masks, size),
  deployed: 0.45,
};

describe('wholeGroups', () => {
  it('takes the highest score of what shows one thing, which is defective where an image of it is', () => {
    // a: 0.5, b: 0.9 and defective, the last one: 0.6.
    expect(wholeGroups(testSet)).toEqual({
      groups: 3,
      defective: 1,
      auroc: 1,
      falseBads: 2,
      falseGoods: 0,
    });
    const other = wholeGroups({ ...testSet, scores: [0.2, 0.1, 0.5, 0.5, 0.3, 0.4, 0.6], deployed: null });
    expect(other).toMatchObject({ auroc: 1 / 4, falseBads: null, falseGoods: null });
  });

  it('is null where no group has several images, and has no AUROC of one class', () => {
    const { groups: _, ...without } = testSet;
    expect(wholeGroups(without)).toBeNull();
    expect(wholeGroups({ ...testSet, groups: ['a', 'b', 'c', 'd', 'e', null, null] })).toBeNull();
    expect(wholeGroups({ ...testSet, groups: Array(7).fill('a') })).toMatchObject({ groups: 1, auroc: null });
  });
});

describe('partMeasures', () => {
  it('measures the images of each view as those of a test set of their own', async () => {
    const measures = await partMeasures(testSet, views);
    expect(measures.map(({ part, images, defective }) => [part, images, defective])).toEqual([
      ['C1', 3, 1],
      ['C2', 2, 0],
      ['C3', 2, 1],
    ]);
    for (const [at, images] of [
      [0, [0, 3, 6]],
      [2, [2, 5]],
    ] as const) {
      const some = <T>(values: readonly T[]) => images.map((i) => values[i] as T);
      const pixels = pixelsInMemory(some(maps), some(masks), size);
      expect(measures[at]).toMatchObject({
        imageAuroc: auroc(some(scores), some(labels)),
        pixelAuroc: await pixelAuroc(pixels),
        aupro: await aupro(pixels),
      });
    }
    expect(measures[1]).toMatchObject({ imageAuroc: null, pixelAuroc: null, aupro: null, falseBads: 0 });
    expect(measures.map(({ falseBads, falseGoods }) => [falseBads, falseGoods])).toEqual([
      [1, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it('leaves out images of no part, and pixels where there are no maps', async () => {
    const measures = await partMeasures({ ...testSet, pixels: null }, groups);
    expect(measures).toMatchObject([
      { part: 'a', images: 3, imageAuroc: null, pixelAuroc: null },
      { part: 'b', images: 3, imageAuroc: 1, pixelAuroc: null },
    ]);
  });

  it('gives none of a single part, or of very many', async () => {
    expect(
      await partMeasures(
        testSet,
        views.map(() => 'C1'),
      ),
    ).toEqual([]);
    const many = Array.from({ length: 51 }, (_, i) => i);
    const scored = { scores: many, labels: many.map((i) => i % 2), pixels: null, deployed: null };
    expect(await partMeasures(scored, many.map(String))).toEqual([]);
    expect(await partMeasures(scored)).toEqual([]);
  });
});

it('kindMeasures compares each kind with all nominal images', () => {
  const kinds = ['good', 'good', 'good', 'scratch', 'good', 'hole', 'good'];
  expect(kindMeasures({ ...testSet, kinds })).toEqual([
    { kind: 'scratch', images: 1, imageAuroc: 1, falseGoods: 0 },
    { kind: 'hole', images: 1, imageAuroc: 3 / 5, falseGoods: 1 },
  ]);
});

describe('saturatedOverlap', () => {
  const kinds = ['good', 'good', 'good', 'logical', 'good', 'structural', 'good'];
  const regions = masks.map((mask, i) => (labels[i] === 1 ? [defectRegion(mask, 1)] : []));

  it('is the mean of the kinds of defects, each beside all nominal images', async () => {
    const measured = await saturatedOverlap({ ...testSet, kinds, regions });
    const areas = await Promise.all(
      [3, 5].map(async (defective) => {
        const images = [0, 1, 2, 4, 6, defective];
        const some = <T>(values: readonly T[]) => images.map((i) => values[i] as T);
        const pixels = pixelsInMemory(some(maps), some(masks), size);
        return (await areasUnderSpro(pixels, some(regions), [0.3, 0.05])) as [number, number];
      }),
    );
    const [[logical, logical05], [structural, structural05]] = areas as [[number, number], [number, number]];
    expect(measured).toEqual({
      spro: (logical + structural) / 2,
      spro05: (logical05 + structural05) / 2,
      kinds: [
        { kind: 'logical', spro: logical, spro05: logical05 },
        { kind: 'structural', spro: structural, spro05: structural05 },
      ],
    });
    expect(logical).toBeGreaterThan(structural);
  });

  it('is null where defects do not saturate, or there are no maps, and leaves out kinds without masks', async () => {
    expect(await saturatedOverlap({ ...testSet, kinds, regions: null })).toBeNull();
    expect(await saturatedOverlap({ ...testSet, kinds, regions, pixels: null })).toBeNull();
    const known = masks.map((mask, i) => (i === 5 ? null : mask));
    const pixels = pixelsInMemory(maps, known, size);
    const measured = await saturatedOverlap({ ...testSet, kinds, regions, pixels });
    expect(measured?.kinds.map(({ kind }) => kind)).toEqual(['logical']);
  });
});
