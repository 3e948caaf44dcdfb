/** Functions of the plane that textures are made of. Positions are in pixels, values about 0 to 1. */
import type { Random } from '@adfw/core';
import { randomDirection } from '../random.js';

/** A value at each point. */
export type Field = (x: number, y: number) => number;

/** A family of textures: each call gives another one, with its own scale, direction and roughness. */
export type TextureFamily = (random: Random) => Field;

/** What {@link lattice} and {@link smoothNoise} need to be one of many. */
export const randomSeed = (random: Random): number => Math.floor(random() * 2 ** 32) | 0;

/** A random number in [0, 1) for each point with whole coordinates of an endless plane. */
export function lattice(seed: number, column: number, row: number): number {
  // The finalizer of MurmurHash3 over the three numbers.
  let h = seed ^ Math.imul(column, 0x9e3779b1) ^ Math.imul(row, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Random values on the points with whole coordinates, blended between: value noise with features of about 1. */
export function smoothNoise(seed: number): Field {
  return (x, y) => {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [across, down] = [smooth(x - column), smooth(y - row)];
    const upper = mix(lattice(seed, column, row), lattice(seed, column + 1, row), across);
    const lower = mix(lattice(seed, column, row + 1), lattice(seed, column + 1, row + 1), across);
    return mix(upper, lower, down);
  };
}

/** Noise of several octaves, each half the size of the one before and `persistence` as strong; mean 0.5. */
export function fractalNoise(seed: number, octaves: number, persistence: number): Field {
  const layers = Array.from({ length: octaves }, (_, octave) => smoothNoise(seed + octave * 7919));
  let strength = 1;
  const strengths = layers.map((_, octave) => {
    strength = octave === 0 ? 1 : strength * persistence;
    return strength;
  });
  // The contrast of a sum of independent layers grows with the root of the sum of squares.
  const scale = 1 / Math.sqrt(strengths.reduce((sum, each) => sum + each * each, 0));
  return (x, y) => {
    let sum = 0;
    for (let octave = 0, frequency = 1; octave < octaves; octave++, frequency *= 2)
      sum += (strengths[octave] as number) * ((layers[octave] as Field)(x * frequency, y * frequency) - 0.5);
    return 0.5 + sum * scale;
  };
}

/** The field in a coordinate system of its own, turned by a random angle and moved by a random way. */
export function turned(random: Random, field: Field): Field {
  const [cosine, sine] = randomDirection(random);
  const [left, top] = [random() * 1000, random() * 1000];
  return (x, y) => field(left + x * cosine + y * sine, top + y * cosine - x * sine);
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
