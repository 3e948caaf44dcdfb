/** What textures and crops draw at random, beside what core has. */
import type { Random } from '@adfw/core';

/** As likely to be in [low, 2 low] as in [high / 2, high]. Needs 0 < low <= high. */
export const betweenScales = (random: Random, low: number, high: number): number =>
  low * (high / low) ** random();

export const chance = (random: Random, probability: number): boolean => random() < probability;

export const pick = <T>(random: Random, choices: readonly T[]): T =>
  choices[Math.floor(random() * choices.length)] as T;

/** A direction, as a vector of length 1. */
export function randomDirection(random: Random): readonly [x: number, y: number] {
  const angle = 2 * Math.PI * random();
  return [Math.cos(angle), Math.sin(angle)];
}
