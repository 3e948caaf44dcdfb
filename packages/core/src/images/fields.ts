/**
 * Functions of the plane that textures are made of. Only operations whose result is the same to the last bit on every machine
 * are used here: arithmetic and rounding, but no sines, powers or logarithms.
 */

/** A value at each point of the plane. */
export type Field = (x: number, y: number) => number;

/** Value noise: a value at each point with whole coordinates, blended between; features are of about 1. */
export function valueNoise(valueAt: (column: number, row: number) => number): Field {
  return (x, y) => {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [across, down] = [smooth(x - column), smooth(y - row)];
    const upper = mix(valueAt(column, row), valueAt(column + 1, row), across);
    const lower = mix(valueAt(column, row + 1), valueAt(column + 1, row + 1), across);
    return mix(upper, lower, down);
  };
}

export const mix = (from: number, to: number, share: number): number => from + (to - from) * share;

export const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);

/** 0 to 1 onto itself, with level ends. */
const smooth = (t: number): number => t * t * (3 - 2 * t);

/** 0 below `low`, 1 above `high`, smooth between. */
export const smoothStep = (low: number, high: number, value: number): number =>
  smooth(clamp((value - low) / (high - low), 0, 1));

/** A wave of period 1 from 0 over 1 back to 0. */
export const wave = (t: number): number => smooth(Math.abs((t - Math.floor(t)) * 2 - 1));
