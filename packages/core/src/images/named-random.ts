/** Random numbers that depend on a seed and a name alone, so that whatever draws them can be repeated or left out. */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { mersenne } from 'pure-rand/generator/mersenne';

/** The next random number, in [0, 1). */
export type Random = () => number;

/** Each seed (an integer) and name has numbers of its own, the same on every machine: those of a Mersenne twister. */
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

/** Near normal, mean 0 and standard deviation 1: the sum of four uniform numbers, which needs no logarithm or cosine. */
export const randomNormal = (random: Random): number =>
  (random() + random() + random() + random() - 2) * Math.sqrt(3);
