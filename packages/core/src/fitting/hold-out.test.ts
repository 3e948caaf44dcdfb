import { describe, expect, it } from 'vitest';
import { randomOrder } from '../images/random-order.js';
import { foldsOf, holdOut, nominalSplit } from './hold-out.js';

const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const all = (length: number) => Array.from({ length }, (_, index) => index);
/** Three images each. */
const threes = (length: number) => all(length).map((index) => `object ${Math.floor(index / 3)}`);

describe('without groups', () => {
  it('the first images of the random order are held out', () => {
    for (const [length, fraction, count] of [
      [160, 0.2, 32],
      [3, 0.01, 1],
      [2, 0.9, 1],
      [7, 0.5, 4],
    ] as const) {
      const expected = ascending(randomOrder(length, 5, 0).slice(0, count));
      expect(holdOut(length, fraction, 5).validation).toEqual(expected);
      expect(holdOut(length, fraction, 5, Array(length).fill(null)).validation).toEqual(expected);
      expect(holdOut(length, fraction, 5, all(length).map(String)).validation).toEqual(expected);
    }
  });

  it('folds are pieces of the random order', () => {
    const order = randomOrder(11, 1, 0);
    const pieces = [order.slice(0, 3), order.slice(3, 6), order.slice(6, 8), order.slice(8)];
    expect(foldsOf(11, 4, 1)).toEqual(pieces.map(ascending));
    expect(foldsOf(11, 4, 1, Array(11).fill(null))).toEqual(pieces.map(ascending));
  });
});

describe('with groups', () => {
  it.each([
    // Of 10 groups of 3: how many come nearest to the share.
    [0.2, 2],
    [0.16, 2],
    [0.14, 1],
    [0.01, 1],
    [0.99, 9],
    [0, 0],
  ])('holds out, of a share of %f, %i whole ones', (fraction, count) => {
    for (let seed = 0; seed < 20; seed++) {
      const { train, validation } = holdOut(30, fraction, seed, threes(30));
      expect(validation).toHaveLength(3 * count);
      expect(ascending([...train, ...validation])).toEqual(all(30));
      const groupsOf = (images: number[]) => new Set(images.map((index) => Math.floor(index / 3)));
      expect(groupsOf(train).size + groupsOf(validation).size).toBe(10);
    }
  });

  it('holds out none where all images are one group, and keeps to the split that a dataset has', () => {
    expect(holdOut(4, 0.5, 1, ['a', 'a', 'a', 'a']).validation).toEqual([]);
    expect(nominalSplit({ train: 2, validation: 2 }, 0.2, 1, ['a', 'b', 'a', 'b'])).toEqual({
      train: [0, 1],
      validation: [2, 3],
    });
  });

  it('folds are of whole ones, none empty, however uneven they are', () => {
    const groups = [...Array(10).fill('large'), 'b', 'b', null, null];
    for (let seed = 0; seed < 20; seed++) {
      const folds = foldsOf(14, 4, seed, groups);
      expect(ascending(folds.flat())).toEqual(all(14));
      expect(folds.every(({ length }) => length > 0)).toBe(true);
      for (const group of ['large', 'b'])
        expect(folds.filter((fold) => fold.some((index) => groups[index] === group))).toHaveLength(1);
    }
    expect(() => foldsOf(14, 5, 1, groups)).toThrow(
      '$.fit.folds is 5, and there are 4 nominal groups of images',
    );
  });
});
