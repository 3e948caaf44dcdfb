import { expect, it } from 'vitest';
import { resizeNearest } from './resize.js';
import { resizeMask } from './resize-mask.js';

function resized(rows: string[], height: number, width: number) {
  const size = { height: rows.length, width: rows[0]?.length ?? 0 };
  const mask = Uint8Array.from(rows.join(''), (cell) => (cell === '#' ? 255 : 0));
  const { data, saved } = resizeMask(mask, size, { height, width });
  const nearest = resizeNearest(mask, size, { height, width }).map((value) => (value === 0 ? 0 : 1));
  const picture = Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (pixel) => '.#'[pixel]).join(''),
  );
  return { picture, saved, isNearest: data.every((pixel, at) => pixel === nearest[at]) };
}

it('is the nearest neighbour where every region keeps a pixel, be it one of many', () => {
  // Pixels 1 and 4 of each three are taken.
  expect(resized(['......', '##.##.', '......', '......', '...###', '......'], 2, 2)).toEqual({
    picture: ['##', '.#'],
    saved: 0,
    isNearest: true,
  });
  expect(resized(['###...', '.....#'], 4, 12).isNearest).toBe(true);
});

it('keeps a line that lies between the pixels taken, one pixel wide and whole', () => {
  const line = ['#........', '#........', '#........', '#........', '.........', '.........'];
  expect(resized(line, 2, 3)).toEqual({ picture: ['#..', '#..'], saved: 1, isNearest: false });
});

it('leaves a line of which something is taken as it is', () => {
  const line = ['#........', '#........', '#........', '#........', '.#.......', '.........'];
  expect(resized(line, 2, 3)).toEqual({ picture: ['...', '#..'], saved: 0, isNearest: true });
});

it('keeps each region that would vanish, beside those that are there', () => {
  const { picture, saved } = resized(
    ['#........', '....#....', '.........', '......#..', '.........', '........#'],
    2,
    3,
  );
  expect({ picture, saved }).toEqual({ picture: ['##.', '..#'], saved: 3 });
});

it('fills what a pixel becomes on the side that is enlarged', () => {
  expect(resized(['.#', '..', '..'], 1, 4)).toEqual({ picture: ['..##'], saved: 1, isNearest: false });
});

it('gives 1 for whatever is not zero, and nothing where nothing is', () => {
  const size = { height: 1, width: 2 };
  expect(resizeMask(Uint8Array.of(7, 0), size, size)).toEqual({ data: Uint8Array.of(1, 0), saved: 0 });
  expect(resizeMask(Uint8Array.of(0, 0), size, { height: 1, width: 1 })).toEqual({
    data: Uint8Array.of(0),
    saved: 0,
  });
});
