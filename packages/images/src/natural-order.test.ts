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

it('does not depend on how accents are stored', () => {
  const names = (accented: string) => [`${accented}1.png`, 'o9.png', `${accented}10.png`, 'p.png', 'zz.png'];
  const [composed, decomposed] = [names('\u00f6'), names('o\u0308')].map((list) =>
    list.sort(naturalOrder).map((name) => name.normalize('NFC')),
  );
  expect(decomposed).toEqual(composed);
  expect(composed?.at(-1)).toBe('\u00f610.png');
});

it('tells numbers apart that are too long for a number', () => {
  const [smaller, larger] = ['x90071992547409921.png', 'x90071992547409922.png'];
  expect(naturalOrder(smaller as string, larger as string)).toBeLessThan(0);
  expect(naturalOrder(larger as string, smaller as string)).toBeGreaterThan(0);
});
