/**
 * Functions of the plane that textures are made of. Only operations whose result is the same to the last bit on every machine
 * are used here and in the textures: arithmetic, square roots and rounding, but no sines, powers or logarithms.
 */
import type { Random } from '@adfw/core';

/** A value at each point; the picture is the unit square, x to the right and y down. */
export type Field = (x: number, y: number) => number;

/**
 * Smooth noise: random values in [-1, 1] on a grid of `columns` by `rows` cells, blended between. The more cells along an axis,
 * the finer the noise along it. It repeats with period 1.
 */
export function noiseField(random: Random, [columns, rows]: readonly [columns: number, rows: number]): Field {
  const values = Float32Array.from({ length: columns * rows }, () => random() * 2 - 1);
  return (x, y) => {
    const column = (x - Math.floor(x)) * columns;
    const row = (y - Math.floor(y)) * rows;
    const left = Math.floor(column) % columns;
    const top = (Math.floor(row) % rows) * columns;
    const right = (left + 1) % columns;
    const bottom = (top + columns) % (columns * rows);
    const horizontal = smooth(column - Math.floor(column));
    const upper = mix(values[top + left] as number, values[top + right] as number, horizontal);
    const lower = mix(values[bottom + left] as number, values[bottom + right] as number, horizontal);
    return mix(upper, lower, smooth(row - Math.floor(row)));
  };
}

export const mix = (from: number, to: number, share: number): number => from + (to - from) * share;

export const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);

/** 0 to 1 onto itself, with level ends. */
export const smooth = (t: number): number => t * t * (3 - 2 * t);

/** 0 below `low`, 1 above `high`, smooth between. */
export const smoothStep = (low: number, high: number, value: number): number =>
  smooth(clamp((value - low) / (high - low), 0, 1));

/** A wave of period 1 from 0 over 1 back to 0. */
export const wave = (t: number): number => smooth(Math.abs((t - Math.floor(t)) * 2 - 1));
