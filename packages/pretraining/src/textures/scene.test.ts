import { namedRandom } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { fractalNoise, lattice, smoothNoise } from './field.js';
import { drawScene } from './scene.js';
import { families, randomColours } from './surface.js';

const scene = (index: number, seed = 0) => drawScene(namedRandom(seed, `image/${index}`), 48);

const moments = (values: ArrayLike<number>) => {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return { mean, variance: list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length };
};

describe('a scene', () => {
  it('depends on its seed and index alone', () => {
    const first = scene(3);
    scene(4);
    expect(scene(3)).toEqual(first);
    expect(scene(4)).not.toEqual(first);
    expect(scene(3, 1)).not.toEqual(first);
  });

  it('has RGB at every pixel, and most scenes have contrast and colour', () => {
    const scenes = Array.from({ length: 40 }, (_, index) => scene(index));
    expect(scenes.every(({ length }) => length === 48 * 48 * 3)).toBe(true);
    const contrasts = scenes.map((pixels) => Math.sqrt(moments(pixels).variance));
    expect(contrasts.filter((contrast) => contrast > 10).length).toBeGreaterThan(25);
    const colourful = scenes.filter((pixels) =>
      pixels.some((value, at) => at % 3 === 0 && Math.abs(value - (pixels[at + 2] as number)) > 20),
    );
    expect(colourful.length).toBeGreaterThan(20);
    // Neither too dark nor too bright to learn from.
    const { mean } = moments(scenes.map((pixels) => moments(pixels).mean));
    expect(mean).toBeGreaterThan(70);
    expect(mean).toBeLessThan(180);
  });
});

describe.each(Object.entries(families))('%s', (name, family) => {
  it('are textures: finite, varied, and another each time', () => {
    const sampled = [1, 2, 3, 4, 5, 6].map((seed) => {
      const field = family(namedRandom(seed, name));
      return Array.from({ length: 64 * 64 }, (_, i) => field(i % 64, Math.floor(i / 64)));
    });
    for (const values of sampled) {
      expect(values.every(Number.isFinite)).toBe(true);
      const { mean, variance } = moments(values);
      // A gradient may be so far away that what is in view is plain.
      if (name !== 'gradients') expect(variance).toBeGreaterThan(1e-5);
      expect(mean).toBeGreaterThan(-1);
      expect(mean).toBeLessThan(2);
    }
    expect(new Set(sampled.map((values) => values.join())).size).toBeGreaterThan(1);
  });
});

describe('the noise under them', () => {
  it('is uniform on the lattice, and not related from one point to the next', () => {
    const points = Array.from({ length: 10_000 }, (_, i) => [i % 100, Math.floor(i / 100)] as const);
    const values = points.map(([x, y]) => lattice(5, x, y));
    const { mean, variance } = moments(values);
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance).toBeCloseTo(1 / 12, 2);
    const products = points.map(([x, y]) => (lattice(5, x, y) - 0.5) * (lattice(5, x + 1, y) - 0.5));
    expect(Math.abs(moments(products).mean)).toBeLessThan(0.003);
  });

  it('takes the values of the lattice at its points, and is continuous between', () => {
    const noise = smoothNoise(9);
    expect(noise(3, -2)).toBeCloseTo(lattice(9, 3, -2), 12);
    expect(Math.abs(noise(3.4999, 1) - noise(3.5001, 1))).toBeLessThan(0.001);
    expect(Math.abs(noise(3.9999, 1) - noise(4.0001, 1))).toBeLessThan(0.001);
  });

  it('has more contrast at small distances the more octaves are kept', () => {
    const steps = (field: (x: number, y: number) => number) =>
      moments(Array.from({ length: 2000 }, (_, i) => field(i * 0.1, 0.5) - field(i * 0.1 + 0.1, 0.5)))
        .variance;
    expect(steps(fractalNoise(1, 5, 0.9))).toBeGreaterThan(5 * steps(fractalNoise(1, 1, 0.9)));
  });
});

it('colours are between 0 and 1', () => {
  const random = namedRandom(0, 'colours');
  const channels = Array.from({ length: 200 }, () => randomColours(random)).flat(2);
  expect(Math.min(...channels)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...channels)).toBeLessThanOrEqual(1);
});
