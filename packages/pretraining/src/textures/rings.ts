import { between, mix, wave } from '@adfw/core';
import { betweenScales } from '../random.js';
import { fractalNoise, randomSeed, type TextureFamily, turned } from './field.js';

/** Bands around a centre that may lie far off, bent by noise: growth rings, ripples, turned surfaces, contour lines. */
export const rings: TextureFamily = (random) => {
  const period = betweenScales(random, 3, 40);
  const [centerX, centerY] = [between(random, 700, 1300), between(random, 700, 1300)];
  const stretch = betweenScales(random, 0.2, 1);
  const bend = fractalNoise(randomSeed(random), 3, 0.6);
  const bending = between(random, 0, 4);
  const bendSize = between(random, 20, 100);
  const sawtooth = random();
  return turned(random, (x, y) => {
    const [dx, dy] = [(x - centerX) * stretch, y - centerY];
    const position = Math.sqrt(dx * dx + dy * dy) / period + bending * bend(x / bendSize, y / bendSize);
    return mix(wave(position), position - Math.floor(position), sawtooth);
  });
};
