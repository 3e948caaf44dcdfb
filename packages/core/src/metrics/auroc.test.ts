import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auroc, pixelAuroc } from './auroc.js';
import { pixelsInMemory } from './pixels/pixels.js';

// scikit-learn 1.9: roc_auc_score(labels, scores); up to 0.3 from max_fpr=0.3 with McClish's rescaling undone.
const scores = Array.from({ length: 24 }, (_, i) => ((i * 37) % 19) / 16);
const labels = Array.from({ length: 24 }, (_, i) => ((i * i) % 7 < 3 ? 1 : 0));
const expected = { full: 0.542016806722689, upTo30Percent: 0.24089635854341734 };

/** The definition: how often a defective sample scores higher than a nominal one, ties counting half. */
function probability(scores: number[], labels: number[]): number {
  let wins = 0;
  let pairs = 0;
  for (const [i, defective] of scores.entries())
    for (const [j, nominal] of scores.entries()) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      wins += defective > nominal ? 1 : defective === nominal ? 0.5 : 0;
      pairs++;
    }
  return wins / pairs;
}

describe('auroc', () => {
  it("is scikit-learn's", () => {
    expect(auroc(scores, labels)).toBeCloseTo(expected.full, 14);
    expect(auroc(scores, labels, 0.3)).toBeCloseTo(expected.upTo30Percent, 14);
  });

  it('is the probability that a defective sample scores higher, with many ties and negative scores', () => {
    for (const levels of [2, 3, 7, 50]) {
      const scores = Array.from({ length: 90 }, (_, i) => ((i * 7919) % levels) - levels / 2);
      const labels = scores.map((_, i) => ((i * 31) % 10 < 3 ? 1 : 0));
      expect(auroc(scores, labels)).toBeCloseTo(probability(scores, labels), 14);
    }
  });

  it('is 1 for perfect, 0 for inverted and 0.5 for equal scores, whatever the limit', () => {
    const labels = [0, 0, 0, 1, 1, 1, 1];
    for (const limit of [1, 0.3, 0.1]) {
      expect(auroc([1, 2, 3, 4, 5, 6, 7], labels, limit)).toBe(1);
      expect(auroc([7, 6, 5, 4, 3, 2, 1], labels, limit)).toBe(0);
      expect(auroc([5, 5, 5, 5, 5, 5, 5], labels, limit)).toBeCloseTo(limit / 2, 14);
    }
  });

  it('cuts a segment at the limit by interpolation', () => {
    // (0, 0), (0, 1/2), then a tie of one defective with two of four nominal: up to (1/2, 1). At 0.25 the curve is at 3/4.
    expect(auroc([9, 5, 5, 5, 1, 1], [1, 1, 0, 0, 0, 0], 0.25)).toBeCloseTo((1 / 2 + 3 / 4) / 2, 14);
  });

  it('does not depend on the order of samples, nor on the scale of scores', () => {
    const order = scores.map((_, i) => (i * 7 + 5) % 24);
    const value = auroc(scores, labels, 0.3);
    const reordered = (values: number[]) => order.map((i) => values[i] as number);
    expect(auroc(reordered(scores), reordered(labels), 0.3)).toBeCloseTo(value, 14);
    for (const transform of [Math.exp, Math.cbrt, (x: number) => 1e-30 * x - 1e-30, (x: number) => 1e200 * x])
      expect(auroc(scores.map(transform), labels, 0.3)).toBe(value);
  });

  it('tells apart scores that are the same in float32, and knows that 0 is -0', () => {
    expect(auroc([1 + 1e-12, 1], [1, 0])).toBe(1);
    expect(auroc([1, 1 + 1e-12], [1, 0])).toBe(0);
    expect(auroc([-1e-60, 1e-60], [1, 0])).toBe(0);
    expect(auroc([-0, 0, 0, -0], [1, 0, 1, 0])).toBe(0.5);
  });

  it('takes typed arrays', () => {
    expect(auroc(Float32Array.from([1, 2, 3]), Uint8Array.from([0, 1, 1]))).toBe(1);
  });

  it('says what is wrong with its input', () => {
    expect(() => auroc([], [])).toThrow('There are no samples');
    expect(() => auroc([1, 2], [1, 1])).toThrow('There is no nominal sample');
    expect(() => auroc([1, 2], [0, 0])).toThrow('There is no defective sample');
    expect(() => auroc([1, Number.NaN], [0, 1])).toThrow('Score 1 is NaN');
    expect(() => auroc([1, Infinity], [0, 1])).toThrow('Score 1 is Infinity');
    expect(() => auroc([1, 2], [0, 2])).toThrow('Label 1 is 2');
    expect(() => auroc([1, 2], [0])).toThrow('2 scores but 1 labels');
    expect(() => auroc([1, 2], [0, 1], 0)).toThrow('must be above 0 and at most 1');
    expect(() => auroc([1, 2], [0, 1], Number.NaN)).toThrow('must be above 0 and at most 1');
  });
});

const parity = new URL('../../../../../shared/parity/metrics.json', import.meta.url);

describe.skipIf(!existsSync(parity))('what PyTorch computes (skipped where ../shared is missing)', () => {
  it('is the same AUROC', () => {
    const fixture = JSON.parse(readFileSync(parity, 'utf8'));
    expect(auroc(fixture.scores, fixture.labels)).toBe(fixture.auroc);
  });
});

describe('pixelAuroc', () => {
  it('is the AUROC of all pixels of all images', async () => {
    const thirds = <T>(list: number[], from: (part: number[]) => T) =>
      [0, 8, 16].map((start) => from(list.slice(start, start + 8)));
    const maps = thirds(scores, (part) => Float32Array.from(part));
    const masks = thirds(labels, (part) => Uint8Array.from(part, (label) => label * 255));
    const pixels = pixelsInMemory(maps, masks, { height: 2, width: 4 });
    expect(await pixelAuroc(pixels)).toBeCloseTo(expected.full, 14);
  });

  it('says which image is wrong', async () => {
    const of = (maps: number[][], masks: number[][]) =>
      pixelAuroc(
        pixelsInMemory(
          maps.map((map) => Float32Array.from(map)),
          masks.map((mask) => Uint8Array.from(mask)),
          { height: 1, width: 2 },
        ),
      );
    await expect(async () => of([[1, 2]], [])).rejects.toThrow('1 anomaly maps but 0 masks');
    await expect(
      of(
        [
          [1, 2],
          [1, 2],
        ],
        [[0, 1], [1]],
      ),
    ).rejects.toThrow('The anomaly map of image 1 has 2 pixels but its mask has 1');
    await expect(of([[1, 2]], [[0, 0]])).rejects.toThrow('There is no defective pixel');
    await expect(of([[1, 2]], [[1, 1]])).rejects.toThrow('There is no nominal pixel');
    for (const score of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      for (const mask of [
        [0, 1],
        [1, 0],
      ])
        await expect(
          of(
            [
              [1, 2],
              [2, score],
            ],
            [[0, 1], mask],
          ),
        ).rejects.toThrow(`Score 1 of the anomaly map of image 1 is ${score}`);
  });
});
