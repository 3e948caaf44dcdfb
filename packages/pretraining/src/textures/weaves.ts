import { between, mix, wave } from '@adfw/core';
import { betweenScales, chance, pick } from '../random.js';
import { lattice, randomSeed, smoothNoise, type TextureFamily, turned } from './field.js';

/** Threads that go over and under each other: in turn, two at a time, or shifted from row to row as in twill. */
export const weaves: TextureFamily = (random) => {
  const thread = betweenScales(random, 2.5, 20);
  const stretch = between(random, 0.6, 1.7);
  const [over, shift] = pick(random, [
    [1, 1],
    [2, 1],
    [2, 2],
    [3, 1],
    [4, 1],
  ] as const);
  const gap = between(random, 0, 0.5);
  const shading = between(random, 0.2, 0.8);
  const unevenness = between(random, 0, 0.4);
  const [alongSeed, acrossSeed] = [randomSeed(random), randomSeed(random)];
  const bend = smoothNoise(randomSeed(random));
  const slack = chance(random, 0.6) ? between(random, 0, 1) : 0;
  return turned(random, (x, y) => {
    const column = x / thread + slack * bend(x / (6 * thread), y / (6 * thread));
    const row = y / (thread * stretch) + slack * bend(y / (6 * thread) + 50, x / (6 * thread));
    const [c, r] = [Math.floor(column), Math.floor(row)];
    const phase = (((c + r * shift) % (2 * over)) + 2 * over) % (2 * over);
    const isOver = phase < over;
    const brightness = isOver ? lattice(alongSeed, r, 0) : lattice(acrossSeed, c, 0);
    // A thread is brightest along its middle, and where it lies on top.
    const profile = wave((isOver ? row : column) + 0.5) * wave((isOver ? column : row) + 0.5);
    const side = wave((isOver ? row : column) + 0.5);
    const light = side < gap ? (side / gap) * 0.3 : mix(0.75, profile, shading);
    return mix(light, brightness * light, unevenness) * (isOver ? 1 : 0.85);
  });
};
