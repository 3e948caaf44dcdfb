import { namedRandom } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { photograph } from '../photograph.js';
import type { Texture } from '../texture.js';
import { fabric } from './fabric.js';
import { metal } from './metal.js';
import { wood } from './wood.js';

const size = 128;
const cases = Object.entries({ fabric, metal, wood }).flatMap(([name, texture]: [string, Texture]) =>
  Object.keys(texture.defects).map((kind) => ({ name, kind, texture })),
);

describe.each(cases)('$name with a $kind', ({ name, kind, texture }) => {
  const samples = Array.from({ length: 20 }, (_, seed) => {
    const random = namedRandom(seed, `${name}/${kind}`);
    const piece = texture.piece(random);
    const surface = texture.render(piece, size);
    const damage = texture.defects[kind]?.(piece, surface, size, random);
    if (!damage) throw new Error(`${name} has no ${kind}`);
    const camera = () => namedRandom(seed, 'camera');
    return {
      before: photograph(surface, size, camera()).data,
      after: photograph(damage.surface, size, camera()).data,
      mask: damage.mask,
    };
  });

  it('is changed inside the mask and nowhere else', () => {
    for (const { before, after, mask } of samples) {
      let changedInside = 0;
      let changedOutside = 0;
      for (let i = 0; i < mask.length; i++) {
        const isChanged = [0, 1, 2].some((channel) => before[i * 3 + channel] !== after[i * 3 + channel]);
        if (isChanged && mask[i] === 1) changedInside++;
        if (isChanged && mask[i] === 0) changedOutside++;
      }
      const masked = mask.reduce((sum, value) => sum + value, 0);
      expect(changedOutside).toBe(0);
      expect(changedInside / masked).toBeGreaterThan(0.85);
    }
  });

  it('has a defect that can be seen but is small', () => {
    for (const { before, after, mask } of samples) {
      const pixels = [...mask.keys()].filter((i) => mask[i] === 1);
      const change = pixels.map((i) =>
        Math.abs((after[i * 3 + 1] as number) - (before[i * 3 + 1] as number)),
      );
      // The noise of the sensor has a standard deviation of about 1.6.
      expect(change.reduce((sum, value) => sum + value, 0) / change.length).toBeGreaterThan(4);
      expect(pixels.length / mask.length).toBeGreaterThan(0.0008);
      expect(pixels.length / mask.length).toBeLessThan(0.12);
    }
  });

  it('is neither black nor blown out before', () => {
    for (const { before } of samples) {
      const mean = before.reduce((sum, value) => sum + value, 0) / before.length;
      expect(mean).toBeGreaterThan(80);
      expect(mean).toBeLessThan(190);
      expect(before.filter((value) => value === 255).length / before.length).toBeLessThan(0.01);
    }
  });
});
