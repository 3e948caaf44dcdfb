import { expect, it } from 'vitest';
import { radixSort } from './radix-sort.js';

it.each([
  ['of both signs', 20_000, (i: number) => Math.imul(i, 0x9e3779b9)],
  ['that share their digits', 20_000, (i: number) => -5_000_000 + (Math.imul(i, 7919) & 1023)],
  ['all the same', 20_000, () => 7],
  ['few', 5, (i: number) => Math.imul(i, 0x9e3779b9)],
  ['none', 0, () => 0],
])('sorts integers: %s', (_, length, valueAt) => {
  // Of longer memory only the beginning counts.
  const values = Int32Array.from({ length: length + 3 }, (_, i) => valueAt(i));
  const expected = values.slice(0, length).sort();
  expect(radixSort(values, new Int32Array(values.length), length)).toEqual(expected);
});
