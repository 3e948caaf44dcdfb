/** Noise of the endless plane that textures are made of. Positions are in pixels, values about 0 to 1. */
import { type Field, type Random, valueNoise } from '@adfw/core';
import { randomDirection } from '../random.js';

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

/** Value noise of {@link lattice}. */
export const smoothNoise = (seed: number): Field => valueNoise((column, row) => lattice(seed, column, row));

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
