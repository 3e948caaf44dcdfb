import { describe, expect, it } from 'vitest';
import { outline } from './outline.js';

describe('the outline of a map', () => {
  it('is the sides of a rectangle, each in one piece', () => {
    const width = 5;
    const inside = (i: number) => i % width >= 1 && i % width < 4 && i >= width && i < 3 * width;
    expect(outline({ width, height: 4 }, inside)).toEqual([
      { x1: 1, y1: 1, x2: 4, y2: 1 },
      { x1: 1, y1: 3, x2: 4, y2: 3 },
      { x1: 1, y1: 1, x2: 1, y2: 3 },
      { x1: 4, y1: 1, x2: 4, y2: 3 },
    ]);
  });

  it("includes the map's border, and nothing where nothing is inside", () => {
    const length = (lines: ReturnType<typeof outline>) =>
      lines.reduce((sum, { x1, y1, x2, y2 }) => sum + x2 - x1 + y2 - y1, 0);
    expect(length(outline({ width: 3, height: 2 }, () => true))).toBe(10);
    expect(outline({ width: 3, height: 2 }, () => false)).toEqual([]);
    // A hole and two pixels that touch at a corner.
    expect(length(outline({ width: 3, height: 3 }, (i) => i !== 4))).toBe(16);
    expect(length(outline({ width: 2, height: 2 }, (i) => i === 0 || i === 3))).toBe(8);
  });
});
