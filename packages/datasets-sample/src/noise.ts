import { type Field, type Random, valueNoise } from '@adfw/core';

/**
 * Smooth noise of the unit square: random values in [-1, 1] on a grid of `columns` by `rows` cells, blended between. The more cells
 * along an axis, the finer the noise along it. It repeats with period 1.
 */
export function noiseField(random: Random, [columns, rows]: readonly [columns: number, rows: number]): Field {
  const values = Float32Array.from({ length: columns * rows }, () => random() * 2 - 1);
  const noise = valueNoise((column, row) => values[(row % rows) * columns + (column % columns)] as number);
  return (x, y) => noise((x - Math.floor(x)) * columns, (y - Math.floor(y)) * rows);
}
