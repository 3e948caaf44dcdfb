import { describe, expect, it } from 'vitest';
import { pixelAuroc } from '../auroc.js';
import { aupro } from './aupro.js';
import { pixelsInMemory } from './pixels.js';

const size = { height: 12, width: 16 };
const pixels = Array.from({ length: size.height * size.width }, (_, i) => ({
  x: i % size.width,
  y: Math.floor(i / size.width),
}));
/** Four images, two with defects: two rectangles (one with a pixel that touches its corner), a border column, a lone pixel. */
const masks = [
  () => false,
  (x: number, y: number) =>
    (y >= 2 && y < 5 && x >= 3 && x < 9) || (y === 5 && x === 9) || (y === 10 && x === 0),
  (x: number, y: number) => x === 15 || (y === 6 && x >= 4 && x < 7),
  () => false,
].map((inside) => Uint8Array.from(pixels, ({ x, y }) => Number(inside(x, y))));
const maps = [0, 1, 2, 3].map((k) =>
  Float32Array.from(pixels, ({ x, y }) => {
    const raised = k === 1 && y >= 2 && y < 5 && x >= 3 && x < 9 ? 0.25 : 0;
    const raisedMore = k === 2 && y === 6 && x >= 4 && x < 7 ? 0.5 : 0;
    return ((y * 7 + x * 13 + k * 29 + ((y * x) % 5) * 11) % 64) / 64 + raised + raisedMore;
  }),
);

const pixelSource = pixelsInMemory(maps, masks, size);

/** The definition, threshold after threshold: the curve of the regions' scores, cut at the limit, by trapezoids. */
function bruteForce(regions: number[][], limit: number): number {
  const nominal = maps.flatMap((map, image) => [...map].filter((_, i) => masks[image]?.[i] === 0));
  const overlap = (scores: number[], threshold: number) =>
    scores.filter((score) => score >= threshold).length / scores.length;
  const thresholds = [...new Set(maps.flatMap((map) => [...map]))].sort((a, b) => b - a);
  let area = 0;
  let last = { fpr: 0, pro: 0 };
  for (const threshold of thresholds) {
    const fpr = overlap(nominal, threshold);
    const pro = regions.reduce((sum, scores) => sum + overlap(scores, threshold), 0) / regions.length;
    if (fpr >= limit) {
      const proAtLimit = last.pro + ((pro - last.pro) * (limit - last.fpr)) / (fpr - last.fpr);
      return (area + ((limit - last.fpr) * (last.pro + proAtLimit)) / 2) / limit;
    }
    area += ((fpr - last.fpr) * (last.pro + pro)) / 2;
    last = { fpr, pro };
  }
  throw new Error('The curve ends before the limit.');
}

describe('aupro', () => {
  // numpy 2.4, scipy 1.17: scipy.ndimage.label(mask, ones((3, 3))), cumulative sums over all pixels by descending score, one
  // point a distinct score, numpy.interp at the limit, numpy.trapezoid up to it.
  it.each([
    [1, 0.668677897848304],
    [0.3, 0.3492134938870594],
    [0.05, 0.2892362332758909],
  ])('up to a false-positive rate of %f is what scipy gives', async (limit, expected) => {
    expect(await aupro(pixelSource, limit)).toBeCloseTo(expected, 12);
  });

  it('is the definition evaluated at every threshold', async () => {
    const scoresWhere = (image: number, inside: (x: number, y: number) => boolean) =>
      [...(maps[image] as Float32Array)].filter((_, i) => inside(i % size.width, Math.floor(i / size.width)));
    const regions = [
      scoresWhere(1, (x, y) => (y >= 2 && y < 5 && x >= 3 && x < 9) || (y === 5 && x === 9)),
      scoresWhere(1, (x, y) => y === 10 && x === 0),
      scoresWhere(2, (x) => x === 15),
      scoresWhere(2, (x, y) => y === 6 && x >= 4 && x < 7),
    ];
    for (const limit of [0.01, 0.1, 0.3, 0.77, 1])
      expect(await aupro(pixelSource, limit)).toBeCloseTo(bruteForce(regions, limit), 12);
  });

  it('is the pixel AUROC where there is one region and no limit', async () => {
    const column = [Uint8Array.from(pixels, ({ x }) => Number(x === 15))];
    const source = pixelsInMemory(maps.slice(2, 3), column, size);
    expect(await aupro(source, 1)).toBeCloseTo(await pixelAuroc(source), 12);
  });

  it('weighs regions alike, whatever their size', async () => {
    // A hundred pixels found and one missed below every nominal pixel: half of the regions.
    const mask = Uint8Array.from({ length: 400 }, (_, i) => Number(i < 100 || i === 399));
    const map = Float32Array.from({ length: 400 }, (_, i) => (i < 100 ? 2 : i === 399 ? 0 : 1));
    expect(await aupro(pixelsInMemory([map], [mask], { height: 20, width: 20 }))).toBeCloseTo(0.5, 12);
  });

  it('does not change with the scale of the scores, nor with the order of images', async () => {
    const value = await aupro(pixelSource);
    const scaled = maps.map((map) => map.map((score) => score ** 3 * 1e-9));
    expect(await aupro(pixelsInMemory(scaled, masks, size))).toBeCloseTo(value, 12);
    const reversed = pixelsInMemory(maps.toReversed(), masks.toReversed(), size);
    expect(await aupro(reversed)).toBeCloseTo(value, 12);
  });

  it('says what is wrong with its input', async () => {
    await expect(aupro(pixelsInMemory(maps, masks, { height: 12, width: 12 }))).rejects.toThrow(
      'Mask 1 has 192 pixels; expected 12x12',
    );
    await expect(aupro(pixelsInMemory(maps.slice(0, 1), masks.slice(0, 1), size))).rejects.toThrow(
      'There is no defective pixel',
    );
    await expect(aupro(pixelSource, 1.5)).rejects.toThrow('must be above 0 and at most 1');
  });
});
