import { between, mix, smoothStep } from '@adfw/core';
import { betweenScales, chance } from '../random.js';
import { lattice, randomSeed, type TextureFamily, turned } from './field.js';

/** Rectangles with joints between them, in straight or shifted rows: tiles, bricks, checks, grids of lines. */
export const tiles: TextureFamily = (random) => {
  const height = betweenScales(random, 4, 60);
  const width = height * betweenScales(random, 0.4, 3);
  const shift = chance(random, 0.5) ? random() : 0;
  const joint = chance(random, 0.75) ? between(random, 0.3, 3) : 0;
  const checked = chance(random, 0.3);
  const unevenness = between(random, 0, 1);
  const seed = randomSeed(random);
  const sharpness = between(random, 0.3, 2);
  return turned(random, (x, y) => {
    const row = Math.floor(y / height);
    const along = x / width + row * shift;
    const column = Math.floor(along);
    const own = checked ? ((column + row) & 1) * 0.8 + 0.1 : 0.65;
    const face = mix(own, lattice(seed, column, row), unevenness * 0.7);
    if (joint === 0) return face;
    const [inX, inY] = [(along - column) * width, y - row * height];
    const toEdge = Math.min(inX, width - inX, inY, height - inY);
    return face * smoothStep(joint / 2, joint / 2 + sharpness, toEdge);
  });
};
