import { describe, expect, it } from 'vitest';
import { holdOut } from '../fitting/hold-out.js';
import { inBatches, randomOrder } from './random-order.js';

const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const upTo = (length: number) => [...Array(length).keys()];

describe('randomOrder', () => {
  it('holds every number once', () => {
    for (const length of [0, 1, 2, 100]) expect(ascending(randomOrder(length, 42, 3))).toEqual(upTo(length));
  });

  it('depends on the seed and the stream, and on nothing else', () => {
    expect(randomOrder(50, 42, 1)).toEqual(randomOrder(50, 42, 1));
    expect(randomOrder(50, 42, 1)).not.toEqual(randomOrder(50, 42, 2));
    expect(randomOrder(50, 42, 1)).not.toEqual(randomOrder(50, 43, 1));
  });

  it('brings every number to every place about equally often', () => {
    const firsts = new Map<number, number>();
    for (let stream = 0; stream < 6000; stream++) {
      const first = randomOrder(6, 7, stream)[0] as number;
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
    }
    // 1,000 expected, with a standard deviation of 29.
    for (const number of upTo(6)) expect(Math.abs((firsts.get(number) ?? 0) - 1000)).toBeLessThan(150);
  });
});

describe('inBatches', () => {
  it('keeps the order and leaves the rest in the last batch', () => {
    expect(inBatches([5, 3, 1, 4, 2], 2)).toEqual([[5, 3], [1, 4], [2]]);
    expect(inBatches([], 2)).toEqual([]);
  });
});

describe('holdOut', () => {
  it.each([
    [160, 0.2, 32],
    [160, 0, 0],
    [3, 0.01, 1],
    [2, 0.9, 1],
    [1, 0.5, 0],
    [0, 0.5, 0],
  ])('of %i images with the fraction %f holds out %i', (length, fraction, count) => {
    const { train, validation } = holdOut(length, fraction, 42);
    expect(validation).toHaveLength(count);
    expect(ascending([...train, ...validation])).toEqual(upTo(length));
  });
});
