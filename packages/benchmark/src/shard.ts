/** Divides a grid among processes that know nothing of each other, such as the tasks of an array of a cluster's scheduler. */
import type { Cell, Grid } from './grid.js';

/** One of `count` parts. */
export interface Shard {
  /** From 1 on. */
  readonly index: number;
  readonly count: number;
}

/**
 * The cells of one part; the parts together are the grid, and each cell is in one of them, the same whenever it is asked for. Parts
 * differ by at most one cell, and so do the numbers of cells that they have of each method, since methods take longer than others.
 */
export function shardOf(grid: Grid, { index, count }: Shard): Grid {
  const dealt = grid.methods.flatMap((method) =>
    grid.categories.flatMap((category) =>
      grid.cells.filter((cell) => cell.method === method && cell.category === category),
    ),
  );
  const mine = new Set(dealt.filter((_, position) => position % count === index - 1));
  const cells = grid.cells.filter((cell) => mine.has(cell));
  const has = (test: (cell: Cell) => boolean) => cells.some(test);
  return {
    methods: grid.methods.filter((name) => has(({ method }) => method === name)),
    categories: grid.categories.filter((name) => has(({ category }) => category === name)),
    seeds: grid.seeds.filter((one) => has(({ seed }) => seed === one)),
    cells,
    notes: grid.notes,
  };
}
