import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aupro } from './aupro.js';
import { connectedComponents } from './connected-components.js';
import { pixelsInMemory } from './pixels.js';
import { areasUnderSpro, defectRegion } from './spro.js';

/** What `make_spro.py` wrote. */
const fixture = JSON.parse(readFileSync(new URL('../../../fixtures/spro.json', import.meta.url), 'utf8')) as {
  size: { height: number; width: number };
  limits: number[];
  kinds: string[];
  maps: number[][];
  defects: { pixels: number[]; saturation: number }[][];
  all: number[];
  logical: number[];
  structural: number[];
};
const { size, limits } = fixture;
const maskOf = (pixels: readonly number[]) => {
  const mask = new Uint8Array(size.height * size.width);
  for (const pixel of pixels) mask[pixel] = 1;
  return mask;
};
const maps = fixture.maps.map((values) => Float32Array.from(values));
const masks = fixture.defects.map((defects) => maskOf(defects.flatMap(({ pixels }) => pixels)));
const regions = fixture.defects.map((defects) =>
  defects.map(({ pixels, saturation }) => defectRegion(maskOf(pixels), saturation)),
);

describe('areasUnderSpro', () => {
  it.each([
    ['all', fixture.kinds],
    ['logical', ['good', 'logical']],
    ['structural', ['good', 'structural']],
  ] as const)('is what NumPy gives by the paper: %s', async (name, kinds) => {
    const of = <T>(values: readonly T[]) =>
      values.filter((_, i) => kinds.some((kind) => kind === fixture.kinds[i]));
    const pixels = pixelsInMemory(of(maps), of(masks), size);
    // Few scores at once as well: those of one image after another.
    for (const most of [undefined, 4]) {
      const areas = (await areasUnderSpro(pixels, of(regions), limits, most)) as number[];
      for (const [i, area] of areas.entries()) expect(area).toBeCloseTo(fixture[name][i] as number, 12);
    }
  });

  it('is AUPRO where regions are connected and saturate when all of them is found', async () => {
    const connected = masks.map((mask) => {
      const { count, labels } = connectedComponents(mask, size);
      return Array.from({ length: count }, (_, region) => {
        const own = Uint8Array.from(labels, (label) => (label === region + 1 ? 1 : 0));
        return defectRegion(
          own,
          own.reduce((sum, pixel) => sum + pixel, 0),
        );
      });
    });
    const pixels = pixelsInMemory(maps, masks, size);
    const [area] = (await areasUnderSpro(pixels, connected, [0.3])) as [number];
    expect(area).toBeCloseTo(await aupro(pixels, 0.3), 12);
  });

  it('counts a region as found when as much of it as saturates it is', async () => {
    const [good, bad] = [Float32Array.of(0.1, 0.2, 0.3, 0.4), Float32Array.of(0.9, 0.35, 0.05, 0.05)];
    const mask = Uint8Array.of(1, 1, 0, 0);
    const pixels = pixelsInMemory([good, bad], [new Uint8Array(4), mask], { height: 1, width: 4 });
    const areaOf = async (saturation: number) =>
      (await areasUnderSpro(pixels, [[], [defectRegion(mask, saturation)]], [1]))?.[0];
    // Of 6 nominal pixels one lies above the second pixel of the region.
    expect(await areaOf(1)).toBe(1);
    expect(await areaOf(2)).toBeCloseTo(1 / 2 + (1 / 2) * (5 / 6), 14);
    expect(await areaOf(1.5)).toBeCloseTo(2 / 3 + (1 / 3) * (5 / 6), 14);
  });

  it('does not count pixels without a score, nor regions that have no other', async () => {
    const none = Number.NEGATIVE_INFINITY;
    const [good, bad] = [Float32Array.of(0.1, 0.2, 0.3, 0.4), Float32Array.of(0.9, none, none, 0.05)];
    const mask = Uint8Array.of(1, 0, 0, 0);
    const pixels = {
      ...pixelsInMemory([good, bad], [new Uint8Array(4), mask], { height: 1, width: 4 }),
      unscored: (index: number) => 2 * index,
    };
    const [partly, wholly] = [Uint8Array.of(1, 1, 0, 0), Uint8Array.of(0, 1, 1, 0)];
    const found = [defectRegion(partly, 2), defectRegion(wholly, 1)];
    expect(await areasUnderSpro(pixels, [[], found], [0.3])).toEqual([1]);
  });

  it('is null without regions or without nominal pixels', async () => {
    const map = Float32Array.of(1, 2);
    const one = { height: 1, width: 2 };
    const none = pixelsInMemory([map], [new Uint8Array(2)], one);
    expect(await areasUnderSpro(none, [[]], [0.3])).toBeNull();
    const all = pixelsInMemory([map], [Uint8Array.of(1, 1)], one);
    expect(await areasUnderSpro(all, [[defectRegion(Uint8Array.of(1, 1), 1)]], [0.3])).toBeNull();
  });
});
