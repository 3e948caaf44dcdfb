import { expect, it } from 'vitest';
import { keptMasks } from './kept-masks.js';

const mask = (...data: number[]) => ({ width: data.length, height: 1, data: Uint8Array.from(data) });

it('gives masks back once, whatever their runs', () => {
  const masks = keptMasks(1000);
  const all = [mask(0, 0, 0), mask(1, 1, 1), mask(0, 1, 0, 1, 1), mask(1, 0, 0, 1)];
  for (const [index, one] of all.entries()) masks.keep(index, one);
  for (const [index, { data }] of all.entries()) {
    expect(masks.take(index)).toEqual({ data });
    expect(masks.take(index)).toBeNull();
  }
});

it('keeps as many as there is room for, and room is given back', () => {
  const masks = keptMasks(8);
  const striped = mask(0, 1, 0, 1, 0);
  masks.keep(0, striped);
  expect(masks.take(0)).toBeNull();
  masks.keep(1, mask(0, 1, 0));
  masks.keep(2, mask(0, 1, 0));
  expect(masks.take(2)).toBeNull();
  expect(masks.take(1)).not.toBeNull();
  masks.keep(2, mask(0, 1, 0));
  expect(masks.take(2)).not.toBeNull();
});
