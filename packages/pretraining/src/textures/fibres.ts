import { between } from '@adfw/core';
import { betweenScales, chance } from '../random.js';
import { fractalNoise, randomSeed, smoothNoise, type TextureFamily, turned } from './field.js';

/** Noise drawn out along a direction: brushed surfaces, hair, grain; some of it bends. */
export const fibres: TextureFamily = (random) => {
  const width = betweenScales(random, 1, 12);
  const length = width * betweenScales(random, 5, 60);
  const noise = fractalNoise(randomSeed(random), 1 + Math.floor(random() * 3), between(random, 0.5, 0.9));
  const bend = smoothNoise(randomSeed(random));
  const bending = chance(random, 0.5) ? between(random, 0, 2.5) * width * 4 : 0;
  const bendSize = between(random, 30, 120);
  const contrast = between(random, 0.8, 1.5);
  return turned(random, (x, y) => {
    const across = y + bending * bend(x / bendSize, y / bendSize);
    return 0.5 + contrast * (noise(x / length, across / width) - 0.5);
  });
};
