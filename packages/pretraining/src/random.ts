/** Random numbers that depend on a seed and a name alone, so that whatever draws them can be repeated or left out. */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { mersenne } from 'pure-rand/generator/mersenne';

/** The next random number, in [0, 1). */
export type Random = () => number;

/** Each seed and name has numbers of its own. */
export function namedRandom(seed: number, name: string): Random {
  const generator = mersenne(seed ^ hash(name));
  return () => uniformFloat32(generator);
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}

export const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

/** As likely to be in [low, 2 low] as in [high / 2, high]. Needs 0 < low <= high. */
export const betweenScales = (random: Random, low: number, high: number): number =>
  low * (high / low) ** random();

export const chance = (random: Random, probability: number): boolean => random() < probability;

export const pick = <T>(random: Random, choices: readonly T[]): T =>
  choices[Math.floor(random() * choices.length)] as T;

/** Near normal, mean 0 and standard deviation 1: the sum of four uniform numbers. */
export const randomNormal = (random: Random): number =>
  (random() + random() + random() + random() - 2) * Math.sqrt(3);

/** A direction, as a vector of length 1. */
export function randomDirection(random: Random): readonly [x: number, y: number] {
  const angle = 2 * Math.PI * random();
  return [Math.cos(angle), Math.sin(angle)];
}
