import { expect, it } from 'vitest';
import { connectedComponents } from './connected-components.js';

/** The same picture with each region's number in place of its pixels. */
function labelled(...rows: string[]): string[] {
  const width = rows[0]?.length ?? 0;
  const mask = Uint8Array.from(rows.join(''), (cell) => (cell === '#' ? 255 : 0));
  const { labels } = connectedComponents(mask, { height: rows.length, width });
  return rows.map((_, y) =>
    Array.from(labels.subarray(y * width, (y + 1) * width), (n) => n || '.').join(''),
  );
}

it('joins pixels that touch by an edge or a corner, and not those across the border', () => {
  expect(labelled('##..#', '..#..', '#...#', '.#..#')).toEqual(['11..2', '..1..', '3...4', '.3..4']);
});

it('joins branches that meet later', () => {
  expect(labelled('#.#.#', '#.#.#', '#####', '.....', '#...#')).toEqual([
    '1.1.1',
    '1.1.1',
    '11111',
    '.....',
    '2...3',
  ]);
});

it('counts the regions', () => {
  const size = { height: 2, width: 2 };
  expect(connectedComponents([0, 0, 0, 0], size).count).toBe(0);
  expect(connectedComponents([1, 0, 0, 1], size).count).toBe(1);
});
