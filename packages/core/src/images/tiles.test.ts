import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../contracts/dataset.js';
import { cutTile, tileCount, tiledImages, tileGrid } from './tiles.js';

const numbered = (height: number, width: number, from = 0): RgbImage => ({
  height,
  width,
  data: Uint8Array.from({ length: height * width * 3 }, (_, at) => from + at),
});

describe('tileGrid', () => {
  it('covers an image with tiles that have the overlap in common, and ends where it ends', () => {
    const grid = tileGrid({ height: 480, width: 640 }, { height: 256, width: 256 }, 64);
    expect(grid.tops).toEqual([0, 112, 224]);
    expect(grid.lefts).toEqual([0, 192, 384]);
    expect(tileCount(grid)).toBe(9);
  });

  it.each([
    [10, 10, 4, [0]],
    [10, 10, 0, [0]],
    [20, 10, 0, [0, 10]],
    [21, 10, 0, [0, 6, 11]],
    [16, 10, 4, [0, 6]],
    [17, 10, 4, [0, 4, 7]],
    [12, 10, 9, [0, 1, 2]],
  ])('of a side of %i, tiles of %i that overlap by %i begin at %j', (whole, part, overlap, tops) => {
    const grid = tileGrid({ height: whole, width: part }, { height: part, width: part }, overlap);
    expect(grid.tops).toEqual(tops);
    expect(grid.lefts).toEqual([0]);
  });

  it('has weights that sum to one on each pixel, and fall linearly over the overlap', () => {
    for (const [whole, part, overlap] of [
      [23, 8, 3],
      [23, 8, 0],
      [23, 8, 7],
      [8, 8, 2],
    ] as const) {
      const { tops, lineWeights } = tileGrid(
        { height: whole, width: 8 },
        { height: part, width: 8 },
        overlap,
      );
      const sums = new Float64Array(whole);
      tops.forEach((top, row) => {
        lineWeights[row]?.forEach((weight, at) => {
          expect(weight).toBeGreaterThan(0);
          sums[top + at] = (sums[top + at] as number) + weight;
        });
      });
      for (const sum of sums) expect(sum).toBeCloseTo(1, 6);
    }
    const { lineWeights } = tileGrid({ height: 16, width: 10 }, { height: 10, width: 10 }, 4);
    const [first, second] = lineWeights as [Float32Array, Float32Array];
    expect([...first.slice(4)]).toEqual([1, 1, 0.875, 0.625, 0.375, 0.125]);
    expect([...second.slice(0, 5)]).toEqual([0.125, 0.375, 0.625, 0.875, 1]);
  });
});

describe('tiledImages', () => {
  const grid = tileGrid({ height: 3, width: 5 }, { height: 2, width: 3 }, 1);

  it('are the parts of each image, row by row', async () => {
    const image = numbered(3, 5);
    expect(grid).toMatchObject({ tops: [0, 1], lefts: [0, 2] });
    const row = (y: number, left: number) => [
      ...image.data.slice((y * 5 + left) * 3, (y * 5 + left + 3) * 3),
    ];
    expect([...cutTile(image, grid, 1).data]).toEqual([...row(0, 2), ...row(1, 2)]);
    const source = {
      length: 2,
      size: [3, 5] as const,
      image: async (index: number) => numbered(3, 5, index),
    };
    const tiles = tiledImages(source, grid);
    expect(tiles).toMatchObject({ length: 8, size: [2, 3] });
    expect(await tiles.image(6)).toEqual(cutTile(numbered(3, 5, 1), grid, 2));
  });

  it('read an image once for tiles that are taken together, and hold two', async () => {
    const read: number[] = [];
    const source = {
      length: 3,
      size: [3, 5] as const,
      async image(index: number) {
        read.push(index);
        return numbered(3, 5, index);
      },
    };
    const tiles = tiledImages(source, grid);
    await Promise.all([0, 1, 2, 3, 4, 5].map((index) => tiles.image(index)));
    await tiles.image(0);
    expect(read).toEqual([0, 1]);
    await tiles.image(8);
    await tiles.image(3);
    expect(read).toEqual([0, 1, 2]);
    await tiles.image(4);
    expect(read).toEqual([0, 1, 2, 1]);
  });

  it('read an image again that could not be read', async () => {
    let faults = 1;
    const source = {
      length: 1,
      size: [3, 5] as const,
      async image() {
        if (faults-- > 0) throw new Error('gone');
        return numbered(3, 5);
      },
    };
    const tiles = tiledImages(source, grid);
    await expect(tiles.image(0)).rejects.toThrow('gone');
    expect((await tiles.image(0)).width).toBe(3);
  });
});
