import { describe, expect, it } from 'vitest';
import { colorAt, colorScale, positionOn, scoreColors } from './color-scale.js';

describe('colorScale', () => {
  it('has the threshold in the middle and is linear on both sides', () => {
    const scale = colorScale(0, 1, 0.125);
    const positions = [0, 0.0625, 0.125, 0.5625, 1].map((score) => positionOn(scale, score));
    expect(positions).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  it.each([-1, 0, 1, 7, Infinity, Number.NaN])(
    'is linear where the threshold, %f, is not inside',
    (threshold) => {
      const scale = colorScale(0, 1, threshold);
      expect(scale.middle).toBeNull();
      expect([0, 0.125, 0.5, 1].map((score) => positionOn(scale, score))).toEqual([0, 0.125, 0.5, 1]);
    },
  );

  it('puts scores beyond an end at it, and everything at the dark end where all scores are equal', () => {
    expect([-1, 2].map((score) => positionOn(colorScale(0, 1, 0.5), score))).toEqual([0, 1]);
    expect(positionOn(colorScale(3, 3, 3), 3)).toBe(0);
  });
});

describe('scoreColors', () => {
  it('gets brighter with the score', () => {
    const scores = Float32Array.from({ length: 500 }, (_, i) => i / 100);
    const colors = scoreColors(scores, colorScale(0, 5, 0.7));
    const brightness = Array.from(scores, (_, i) => {
      const [red, green, blue] = colors.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
      return 0.299 * red + 0.587 * green + 0.114 * blue;
    });
    // Channels are whole numbers, so that a step may be lost, but never more.
    for (let i = 1; i < brightness.length; i++)
      expect(brightness[i]).toBeGreaterThan((brightness[i - 1] as number) - 1);
    expect(brightness.at(-1)).toBeGreaterThan(230);
  });

  it('are the colours of the scale', () => {
    const hex = (bytes: Uint8Array) => `#${Buffer.from(bytes).toString('hex')}`;
    const colors = scoreColors(Float32Array.of(0, 2, 1), colorScale(0, 2, Infinity));
    expect(hex(colors.subarray(0, 3))).toBe(colorAt(0));
    expect(hex(colors.subarray(3, 6))).toBe(colorAt(1));
  });
});
