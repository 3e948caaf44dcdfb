import { describe, expect, it } from 'vitest';
import { outlineRings } from './outline.js';

/** `.` is 0.1, `#` 0.6 and `@` 0.9. */
const mapOf = (...rows: string[]) => ({
  values: Float32Array.from(rows.join(''), (sign) => ({ '.': 0.1, '#': 0.6, '@': 0.9 })[sign] as number),
  size: { height: rows.length, width: (rows[0] as string).length },
});

/** By the shoelace formula, without a sign. */
const area = (ring: ReturnType<typeof outlineRings>[number]) =>
  Math.abs(
    ring.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = ring[(i + 1) % ring.length] as readonly [number, number];
      return sum + x * nextY - nextX * y;
    }, 0),
  ) / 2;

describe('outlineRings', () => {
  it('runs halfway between a pixel that reaches the threshold and one that is as far below it', () => {
    const rings = outlineRings([0, 0, 0, 0, 1, 0, 0, 0, 0], { height: 3, width: 3 }, 0.5, {
      height: 30,
      width: 30,
    });
    // A diamond around the middle of the pixel in the middle.
    expect(rings).toHaveLength(1);
    expect(new Set(rings[0]?.map(String))).toEqual(new Set(['15,10', '20,15', '15,20', '10,15']));
  });

  it('goes around holes as well, and is empty where nothing reaches the threshold', () => {
    const { values, size } = mapOf('@@@@@', '@@@@@', '@@.@@', '@@@@@', '@@@@@');
    expect(outlineRings(values, size, 0.5)).toHaveLength(2);
    expect(outlineRings(values, size, 1)).toEqual([]);
  });

  it('is the border of a mask with its corners cut, in few points, the border of the map included', () => {
    const mask = Uint8Array.of(1, 1, 1, 0, 1, 1, 1, 0);
    const [ring] = outlineRings(mask, { height: 2, width: 4 }, 0.5) as [
      ReturnType<typeof outlineRings>[number],
    ];
    expect(new Set(ring.map(String))).toEqual(
      new Set(['0.5,0', '2.5,0', '3,0.5', '3,1.5', '2.5,2', '0.5,2', '0,1.5', '0,0.5']),
    );
    expect(area(ring)).toBe(6 - 4 / 8);
  });
});
