/** Random numbers that depend on a seed and a name alone, so that whatever draws them can be repeated or left out. */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { mersenne } from 'pure-rand/generator/mersenne';
import type { RgbImage } from '../contracts/dataset.js';

/** The next random number, in [0, 1). */
export type Random = () => number;

/** Each seed (an integer) and name has numbers of its own, the same on every machine: those of a Mersenne twister. */
export function namedRandom(seed: number, name: string): Random {
  const generator = mersenne(seed ^ hash(name.length, (at) => name.charCodeAt(at)));
  return () => uniformFloat32(generator);
}

/** The same for each seed and pixels, `H * W * 3` bytes: an image has its own numbers, whatever it is called and wherever it is met. */
export const imageRandom = (seed: number, { data }: Pick<RgbImage, 'data'>): Random =>
  namedRandom(seed, `image/${hash(data.length, (at) => data[at] as number)}`);

/** FNV-1a, 32 bits. @param unit what is at a place: a UTF-16 code unit, a byte. */
function hash(length: number, unit: (at: number) => number): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < length; at++) value = Math.imul(value ^ unit(at), 0x01000193);
  return value;
}

export const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

/** Near normal, mean 0 and standard deviation 1: the sum of four uniform numbers, which needs no logarithm or cosine. */
export const randomNormal = (random: Random): number =>
  (random() + random() + random() + random() - 2) * Math.sqrt(3);
