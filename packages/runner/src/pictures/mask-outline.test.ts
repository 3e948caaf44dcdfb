import { expect, it } from 'vitest';
import { maskOutline } from './mask-outline.js';

/** The outline as a picture, with the enlarged mask in it. */
function picture(rows: string[], factor: number, lineWidth: number): string[] {
  const size = { width: rows[0]?.length ?? 0, height: rows.length };
  const mask = Uint8Array.from(rows.join(''), (cell) => (cell === '#' ? 255 : 0));
  const outline = maskOutline(mask, size, factor, lineWidth);
  const width = size.width * factor + 2 * lineWidth;
  return Array.from({ length: outline.length / width }, (_, y) =>
    Array.from(outline.subarray(y * width, (y + 1) * width), (pixel) => (pixel ? 'o' : '.')).join(''),
  );
}

it('runs around a mask without covering it', () => {
  expect(picture(['....', '.#..', '....'], 1, 1)).toEqual(['......', '.ooo..', '.o.o..', '.ooo..', '......']);
});

it('is as wide as asked, also where the mask is enlarged', () => {
  expect(picture(['.#'], 3, 2)).toEqual([
    '...ooooooo',
    '...ooooooo',
    '...oo...oo',
    '...oo...oo',
    '...oo...oo',
    '...ooooooo',
    '...ooooooo',
  ]);
});

it('fills gaps that are narrower than two lines, and leaves wider ones open', () => {
  expect(picture(['#.#...#'], 1, 1)).toEqual(['ooooo.ooo', 'o.o.o.o.o', 'ooooo.ooo']);
});

it('lies around the image where all of it is inside, and is nowhere where nothing is', () => {
  expect(picture(['##'], 1, 1)).toEqual(['oooo', 'o..o', 'oooo']);
  expect(picture(['..'], 1, 1)).toEqual(['....', '....', '....']);
});
