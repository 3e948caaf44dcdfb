import { between } from '@adfw/core';
import { betweenScales, chance } from '../random.js';
import { fractalNoise, randomSeed, type TextureFamily, turned } from './field.js';

/** Noise whose contrast falls with its frequency, as that of natural images does (1/f), from soft clouds to rough stone. */
export const clouds: TextureFamily = (random) => {
  const size = betweenScales(random, 4, 80);
  const octaves = 1 + Math.floor(random() * 6);
  const noise = fractalNoise(randomSeed(random), octaves, between(random, 0.4, 0.95));
  // Folded at the middle, it has creases: marble, wrinkles.
  const creased = chance(random, 0.3);
  const contrast = between(random, 0.8, 1.6);
  return turned(random, (x, y) => {
    const value = noise(x / size, y / size);
    return creased ? 1 - contrast * 2 * Math.abs(value - 0.5) : 0.5 + contrast * (value - 0.5);
  });
};
