import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FILL } from './image-fit.js';
import { filledOutside, polygonMask, regionPixels, savedRegion } from './region.js';

/** What `fixtures/make_region.py` wrote. */
const { cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/region.json', import.meta.url), 'utf8'),
) as {
  cases: {
    polygon: [number, number][];
    of: { height: number; width: number };
    size: { height: number; width: number };
    inside: number[];
  }[];
};

describe('a polygon', () => {
  it('has inside the pixels whose centres matplotlib finds in it', () => {
    expect(cases.length).toBeGreaterThan(5);
    for (const { polygon, of, size, inside } of cases) {
      const mask = polygonMask(polygon, of, size);
      expect([...mask.keys()].filter((pixel) => mask[pixel] === 1)).toEqual(inside);
    }
  });

  it('may be all of the image, and may cross itself', () => {
    const [one, size] = [
      { height: 1, width: 1 },
      { height: 5, width: 4 },
    ];
    const corners = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ] as const;
    expect(polygonMask(corners, one, size)).toEqual(new Uint8Array(20).fill(1));
    // Two triangles, one above the other.
    const crossing = [corners[0], corners[1], corners[3], corners[2]] as const;
    expect(polygonMask(crossing, one, { height: 4, width: 8 }).join('')).toBe(
      ['01111110', '00011000', '00011000', '01111110'].join(''),
    );
  });
});

describe('a saved region', () => {
  it.each([[[0, 1, 1, 0, 0, 1]], [[1, 1, 0, 0, 1, 1]], [[1, 1, 1, 1, 1, 1]], [[0, 0, 0, 0, 1, 0]]])(
    'of %j is itself again',
    (pixels) => {
      const inside = Uint8Array.from(pixels);
      const saved = savedRegion(inside, { height: 2, width: 3 });
      expect(saved.runs.reduce((sum, run) => sum + run)).toBe(6);
      expect(regionPixels(JSON.parse(JSON.stringify(saved)))).toEqual(inside);
    },
  );
});

it('hides what is outside, and leaves the image as it was', () => {
  const data = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const { data: hidden } = filledOutside({ height: 1, width: 2, data }, Uint8Array.of(0, 1));
  expect([...hidden]).toEqual([...FILL, 4, 5, 6]);
  expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(() => filledOutside({ height: 1, width: 2, data }, Uint8Array.of(1))).toThrow(
    'A region of 1 pixels is none of an image of 1x2',
  );
});
