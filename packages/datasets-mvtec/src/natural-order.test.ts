import { expect, it } from 'vitest';
import { naturalOrder } from './natural-order.js';

it('orders digits by value and everything else by code unit', () => {
  const names = ['good/10.png', 'good/9.png', 'b', 'B', 'good/09.png', 'good', 'a1b2', 'a1b10', '2', '10'];
  expect(names.sort(naturalOrder)).toEqual([
    '2',
    '10',
    'B',
    'a1b2',
    'a1b10',
    'b',
    'good',
    'good/09.png',
    'good/9.png',
    'good/10.png',
  ]);
});

it('tells numbers apart that are too long for a number', () => {
  const [smaller, larger] = ['x90071992547409921.png', 'x90071992547409922.png'];
  expect(naturalOrder(smaller as string, larger as string)).toBeLessThan(0);
  expect(naturalOrder(larger as string, smaller as string)).toBeGreaterThan(0);
});
