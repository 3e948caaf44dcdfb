import { between, betweenScales, chance } from '../random.js';
import { clamp, type TextureFamily, turned } from './field.js';

/**
 * Brightness that changes slowly to one side, or away from a point, and only so far: plain surfaces, some of them shaded or
 * curved.
 */
export const gradients: TextureFamily = (random) => {
  const length = betweenScales(random, 40, 400);
  const start = between(random, 800, 1200);
  const round = chance(random, 0.5);
  return turned(random, (x, y) => {
    const along = round ? Math.sqrt((x - start) ** 2 + (y - start) ** 2) : x - start;
    return clamp(0.5 + along / length, 0, 1);
  });
};
