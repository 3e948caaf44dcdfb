import { between, smoothStep } from '@adfw/core';
import { betweenScales, chance } from '../random.js';
import { lattice, randomSeed, type TextureFamily, turned } from './field.js';

/** Spots in rows or strewn about, some left out, of one size or many: holes, pores, grit, prints. */
export const dots: TextureFamily = (random) => {
  const spacing = betweenScales(random, 4, 40);
  const disorder = chance(random, 0.6) ? random() : 0;
  const largest = between(random, 0.12, 0.45);
  const variety = between(random, 0, 0.8);
  const kept = chance(random, 0.5) ? between(random, 0.2, 1) : 1;
  const softness = between(random, 0.05, 0.8);
  const inverted = chance(random, 0.5);
  const seed = randomSeed(random);
  return turned(random, (x, y) => {
    const [u, v] = [x / spacing, y / spacing];
    const [column, row] = [Math.floor(u), Math.floor(v)];
    let value = 0;
    for (let r = row - 1; r <= row + 1; r++)
      for (let c = column - 1; c <= column + 1; c++) {
        if (lattice(seed + 3, c, r) >= kept) continue;
        const dx = c + 0.5 + disorder * (lattice(seed, c, r) - 0.5) - u;
        const dy = r + 0.5 + disorder * (lattice(seed + 1, c, r) - 0.5) - v;
        const radius = largest * (1 - variety * lattice(seed + 2, c, r));
        const inside =
          1 - smoothStep(1 - softness, 1 + softness * 0.2, Math.sqrt(dx * dx + dy * dy) / radius);
        if (inside > value) value = inside;
      }
    return inverted ? 1 - value : value;
  });
};
