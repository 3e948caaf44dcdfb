import { between, clamp } from '@adfw/core';
import { betweenScales, chance, randomDirection } from '../random.js';
import type { TextureFamily } from './field.js';

/** Brightness that changes slowly to one side, or away from a point: smooth, shaded and curved surfaces. */
export const gradients: TextureFamily = (random) => {
  const length = betweenScales(random, 40, 400);
  const [middleX, middleY] = [between(random, -50, 300), between(random, -50, 300)];
  const [cosine, sine] = randomDirection(random);
  const isRound = chance(random, 0.5);
  return (x, y) => {
    const [dx, dy] = [x - middleX, y - middleY];
    if (isRound) return clamp(Math.sqrt(dx * dx + dy * dy) / length, 0, 1);
    return clamp(0.5 + (dx * cosine + dy * sine) / length, 0, 1);
  };
};
