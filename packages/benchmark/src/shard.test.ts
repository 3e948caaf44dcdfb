import { describe, expect, it } from 'vitest';
import type { Cell, Grid } from './grid.js';
import { stfpmExperiment as experiment } from './report.test.fixture.js';
import { shardOf } from './shard.js';

function gridOf(methods: readonly string[], categories: readonly string[], seeds: readonly number[]): Grid {
  const cells = seeds.flatMap((seed) =>
    categories.flatMap((category) =>
      methods.map((method): Cell => ({ method, category, seed, folder: '', experiment })),
    ),
  );
  return { methods, categories, seeds, cells, notes: [] };
}

const grid = gridOf(
  ['stfpm', 'fvv', 'simple-student'],
  ['bottle', 'cable', 'capsule', 'nut', 'tile'],
  [42, 43],
);
const shards = (count: number) =>
  Array.from({ length: count }, (_, index) => shardOf(grid, { index: index + 1, count }));

describe('shardOf', () => {
  it('gives each cell to one shard, in the order of the grid', () => {
    for (const count of [1, 2, 3, 7, 10, 30, 31]) {
      const parts = shards(count);
      const all = parts.flatMap(({ cells }) => cells);
      expect(all).toHaveLength(30);
      expect(new Set(all)).toEqual(new Set(grid.cells));
      for (const { cells } of parts) expect(cells).toEqual(grid.cells.filter((cell) => cells.includes(cell)));
    }
  });

  it('gives all as many cells, and as many of each method, but for one', () => {
    const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts);
    for (const count of [2, 3, 4, 6, 7, 9, 10]) {
      const parts = shards(count);
      expect(spread(parts.map(({ cells }) => cells.length))).toBeLessThanOrEqual(1);
      for (const name of grid.methods) {
        const ofMethod = parts.map(({ cells }) => cells.filter(({ method }) => method === name).length);
        expect(spread(ofMethod), `${name} in ${count}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it('names what it has cells of', () => {
    const part = shardOf(grid, { index: 1, count: 30 });
    expect(part).toMatchObject({ methods: ['stfpm'], categories: ['bottle'], seeds: [42] });
    expect(shardOf(grid, { index: 31, count: 31 })).toMatchObject({ methods: [], categories: [], cells: [] });
  });
});
