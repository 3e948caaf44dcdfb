import { expect, it } from 'vitest';
import { maskOutline } from './mask-outline.js';

/** The outline as a picture, with the enlarged mask in it. */
async function picture(rows: string[], factor: number, lineWidth: number): Promise<string[]> {
  const size = { width: rows[0]?.length ?? 0, height: rows.length };
  const mask = Uint8Array.from(rows.join(''), (cell) => (cell === '#' ? 1 : 0));
  const outline = await maskOutline(mask, size, factor, lineWidth);
  const width = size.width * factor + 2 * lineWidth;
  return Array.from({ length: outline.length / width }, (_, y) =>
    Array.from(outline.subarray(y * width, (y + 1) * width), (pixel) => (pixel ? 'o' : '.')).join(''),
  );
}

it('runs around a mask without covering it', async () => {
  expect(await picture(['....', '.#..', '....'], 1, 1)).toEqual([
    '......',
    '..o...',
    '.o.o..',
    '..o...',
    '......',
  ]);
});

it('is as wide as asked, also where the mask is enlarged', async () => {
  expect(await picture(['.#'], 3, 2)).toEqual([
    '....ooooo.',
    '...ooooooo',
    '...oo...oo',
    '...oo...oo',
    '...oo...oo',
    '...ooooooo',
    '....ooooo.',
  ]);
});

it('fills gaps that are narrower than two lines, and leaves wider ones open', async () => {
  expect(await picture(['#.#...#'], 1, 1)).toEqual(['.ooo...o.', 'o.o.ooo.o', '.ooo...o.']);
});

it('lies around the image where all of it is inside, and is nowhere where nothing is', async () => {
  expect(await picture(['##'], 1, 1)).toEqual(['.oo.', 'o..o', '.oo.']);
  expect(await picture(['..'], 1, 1)).toEqual(['....', '....', '....']);
});
