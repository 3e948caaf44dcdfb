import { describe, expect, it } from 'vitest';
import { rangeWarning, remarkWarnings } from './image-warnings.js';

it('counts odd files by their kind, and names the first', () => {
  const seen = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));
  expect(remarkWarnings(seen)).toEqual([]);
  const odd = seen.map((image, i) =>
    i === 1 ? image : { ...image, remarks: i === 4 ? ['Odd', 'Torn'] : ['Odd'] },
  );
  expect(remarkWarnings(odd)).toEqual(['Odd: 4 of 5, a, c, d and 1 more.', 'Torn: 1 of 5, e.']);
});

describe('the range of 16 bits', () => {
  const warning = (
    ranges: readonly (readonly [number, number] | undefined)[],
    levels: [number, number] | null = null,
  ) =>
    rangeWarning(
      ranges.map((range, i) => ({ name: `${i}.png`, ...(range && { range }) })),
      { page: null, levels },
      (found) => `levels=${found}`,
    );

  it.each([
    [
      '10 bits',
      [12, 1019],
      /from 12 to 1019, of 0 to 65535: 5 of 256 .* camera of 10 bits.* levels=\[0,1023\]/,
    ],
    ['12 bits', [0, 4095], /17 of 256 grey levels .* camera of 12 bits.* levels=\[0,4095\]/],
    ['14 bits', [3000, 16000], /camera of 14 bits.* levels=\[0,16383\]/],
    ['8 bits', [0, 255], /camera of 8 bits.* levels=\[0,255\]/],
    ['a narrow part', [28000, 31000], /levels images can lie, defects too, with levels=\[26500,32500\]/],
    ['a narrow part of 14 bits', [7000, 7600], /levels=\[6700,7900\]/],
  ] as const)('that is used little is told, with the levels to set: %s', (_, range, message) => {
    expect(warning([range])).toMatch(message);
  });

  it('is that of all images together, those of 8 bits left out', () => {
    expect(warning([[100, 900], undefined, [50, 2000]])).toMatch(/from 50 to 2000.*levels=\[0,4095\]/);
    expect(
      warning([
        [100, 900],
        [100, 40000],
      ]),
    ).toBeNull();
  });

  it('is no matter where it is used, where there is one value, in 8 bits, and where levels are set', () => {
    expect(warning([[0, 16384]])).toBeNull();
    expect(warning([[0, 0]])).toBeNull();
    expect(warning([undefined])).toBeNull();
    expect(warning([])).toBeNull();
    expect(warning([[0, 1000]], [0, 1023])).toBeNull();
  });
});
