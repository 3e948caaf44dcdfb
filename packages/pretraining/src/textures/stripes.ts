import { between, mix, smoothStep, wave } from '@adfw/core';
import { betweenScales, chance } from '../random.js';
import { lattice, randomSeed, smoothNoise, type TextureFamily, turned } from './field.js';

/** Parallel bands with soft or sharp edges, even or each of a brightness of its own, straight or wavy. */
export const stripes: TextureFamily = (random) => {
  const period = betweenScales(random, 2.5, 50);
  const share = between(random, 0.2, 0.8);
  const softness = between(random, 0.02, 0.5);
  const unevenness = chance(random, 0.5) ? random() : 0;
  const seed = randomSeed(random);
  const bend = smoothNoise(randomSeed(random));
  const waviness = chance(random, 0.4) ? period * between(random, 0, 2) : 0;
  const waveSize = between(random, 15, 80);
  return turned(random, (x, y) => {
    const position = (y + waviness * bend(x / waveSize, y / waveSize)) / period;
    const band = smoothStep(share - softness, share + softness, wave(position));
    return mix(band, lattice(seed, Math.floor(position + 0.5), 0), unevenness);
  });
};
