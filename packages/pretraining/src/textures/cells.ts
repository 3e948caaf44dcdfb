import { between, mix, smoothStep } from '@adfw/core';
import { betweenScales, chance, pick } from '../random.js';
import { lattice, randomSeed, type TextureFamily, turned } from './field.js';

/**
 * The plane divided among random points, each place to its nearest (Worley 1996, "A cellular texture basis function"): pebbles,
 * leather, cracked mud, granite.
 */
export const cells: TextureFamily = (random) => {
  const size = betweenScales(random, 4, 45);
  const stretch = betweenScales(random, 0.5, 2);
  const seed = randomSeed(random);
  const look = pick(random, ['bump', 'edge', 'face'] as const);
  const edge = between(random, 0.03, 0.35);
  const unevenness = chance(random, 0.5) ? random() * 0.8 : 0;
  return turned(random, (x, y) => {
    const [u, v] = [x / size, y / (size * stretch)];
    const [column, row] = [Math.floor(u), Math.floor(v)];
    let [nearest, second, owner] = [9, 9, 0];
    for (let r = row - 1; r <= row + 1; r++)
      for (let c = column - 1; c <= column + 1; c++) {
        const dx = c + lattice(seed, c, r) - u;
        const dy = r + lattice(seed + 1, c, r) - v;
        const distance = dx * dx + dy * dy;
        if (distance < nearest) {
          second = nearest;
          nearest = distance;
          owner = lattice(seed + 2, c, r);
        } else if (distance < second) second = distance;
      }
    const gap = Math.sqrt(second) - Math.sqrt(nearest);
    const value =
      look === 'bump' ? 1 - Math.sqrt(nearest) : look === 'edge' ? smoothStep(0, edge, gap) : owner;
    return mix(value, value * owner, unevenness);
  });
};
