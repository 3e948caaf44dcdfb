import { describe, expect, it } from 'vitest';
import { DataError } from '../contracts/errors.js';
import type { ScoredImages, Thresholder } from '../contracts/threshold.js';
import { bestF1, bestPixelF1 } from './best-f1.js';
import { type EvaluationInput, evaluate } from './evaluate.js';

const imageF1: Thresholder = {
  needs: 'labels',
  threshold: ({ scores, labels }) => bestF1(scores, labels as ArrayLike<number>).threshold,
};
const map = (...scores: number[]) => Float32Array.from(scores);
const mask = (...pixels: number[]) => Uint8Array.from(pixels);

/** Two nominal and two defective images of 1x4; the second defective one is missed by any threshold that spares the nominal. */
const input: EvaluationInput = {
  scores: [0.25, 0.5, 1, 0.375],
  labels: [0, 0, 1, 1],
  maps: [
    map(0.125, 0.25, 0, 0),
    map(0, 0.5, 0.25, 0.125),
    map(0, 1, 0.75, 0.5),
    map(0.375, 0.125, 0.25, 0.125),
  ],
  masks: [mask(0, 0, 0, 0), mask(0, 0, 0, 0), mask(0, 1, 1, 0), mask(1, 0, 0, 0)],
  size: { height: 1, width: 4 },
  threshold: imageF1,
  deployed: 0.75,
};

describe('evaluate', () => {
  it('reports images at both thresholds, and pixels at the benchmark one', () => {
    const { pixelAuroc, aupro, ...rest } = evaluate(input);
    expect(rest).toEqual({
      imageAuroc: 0.75,
      partialAuroc: 0.5,
      imageF1: 4 / 5,
      precision: 2 / 3,
      recall: 1,
      falseBads: 1,
      falseGoods: 0,
      threshold: 0.375,
      deployed: { threshold: 0.75, falseBads: 0, falseGoods: 1 },
      diceMean: (4 / 5 + 1) / 2,
      diceGlobal: 6 / (3 + 5),
      notes: [],
    });
    // Of 13 nominal pixels two score above the missed defect, none above the others.
    expect(pixelAuroc).toBeCloseTo((1 + 1 + 11 / 13) / 3, 14);
    expect(aupro).toBeCloseTo((1 + (3.9 - 2) / 3.9) / 2, 14);
  });

  it('says what the deployed threshold is worth, where it knows what it was chosen from', () => {
    const worthOf = (sufficient?: number) =>
      evaluate({ ...input, heldOut: { scores: [0.25, 0.5, 0.75], sufficient } }).deployed;
    expect(worthOf()).toEqual({
      threshold: 0.75,
      falseBads: 0,
      falseGoods: 1,
      heldOut: 3,
      falseAlarmBound: 2 / 4,
    });
    expect(worthOf(3)).toEqual(worthOf());
    expect(worthOf(4)).toEqual({ ...worthOf(), heldOutWanted: 4 });
  });

  it('leaves images without a mask out of the pixel measures', () => {
    const evaluation = evaluate({ ...input, masks: [...input.masks.slice(0, 3), null] });
    expect(evaluation).toMatchObject({ pixelAuroc: 1, aupro: 1, diceMean: 4 / 5, imageAuroc: 0.75 });
    expect(evaluation.notes).toEqual(['1 test image has no mask: left out of pixel measures.']);
  });

  it('gives null for pixels where no defective image has a mask', () => {
    const evaluation = evaluate({ ...input, masks: [mask(0, 0, 0, 0), mask(0, 0, 0, 0), null, null] });
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

  it('says so where the mask of a defective image is empty', () => {
    const evaluation = evaluate({ ...input, masks: [...input.masks.slice(0, 3), mask(0, 0, 0, 0)] });
    expect(evaluation.diceMean).toBe(4 / 5);
    expect(evaluation.notes.join()).toContain('1 defective image has an empty mask');
  });

  it('measures what one class allows, and says what it does not', () => {
    const first = <T>(list: ArrayLike<T>) => Array.from(list).slice(0, 2);
    const evaluation = evaluate({
      ...input,
      scores: first(input.scores),
      labels: first(input.labels),
      maps: first(input.maps),
      masks: first(input.masks),
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

  it('keeps the deployed threshold where there are no test images', () => {
    const evaluation = evaluate({ ...input, scores: [], labels: [], maps: [], masks: [] });
    expect(evaluation).toMatchObject({
      imageAuroc: null,
      threshold: null,
      pixelAuroc: null,
      deployed: { threshold: 0.75, falseBads: 0, falseGoods: 0 },
      notes: ['There are no test images, so nothing was measured.'],
    });
  });

  it('gives a thresholder the pixels it needs: those of images with a mask', () => {
    let seen: ScoredImages['pixels'];
    const pixelF1: Thresholder = {
      needs: 'masks',
      threshold: ({ pixels }) => {
        seen = pixels;
        return pixels ? bestPixelF1([pixels.scores], [pixels.labels]).threshold : 0;
      },
    };
    const masks = [null, ...input.masks.slice(1, 3), null];
    expect(evaluate({ ...input, threshold: pixelF1, masks }).threshold).toBe(0.75);
    expect(seen).toEqual({
      scores: map(0, 0.5, 0.25, 0.125, 0, 1, 0.75, 0.5),
      labels: mask(0, 0, 0, 0, 0, 1, 1, 0),
    });
  });

  it('throws for wrong input and for a thresholder that fails otherwise', () => {
    expect(() => evaluate({ ...input, labels: [0, 0, 1] })).toThrow('4 image scores but 3 labels');
    expect(() => evaluate({ ...input, masks: [] })).toThrow('4 image scores but 0 masks');
    expect(() => evaluate({ ...input, scores: [Number.NaN, 1, 2, 3] })).toThrow(DataError);
    const broken: Thresholder = {
      needs: 'labels',
      threshold: () => {
        throw new TypeError('no such thing');
      },
    };
    expect(() => evaluate({ ...input, threshold: broken })).toThrow('no such thing');
  });
});
