import { describe, expect, it } from 'vitest';
import {
  blockedImage,
  conversion,
  fitting,
  layout,
  NCHW,
  OIHW,
  physicalShape,
  rowMajor,
  toRowMajor,
  transposed,
  unblocked,
  withLeadingAxes,
  withoutAxes,
} from './layout.js';

describe('a layout', () => {
  it('says how a shape lies in memory', () => {
    expect(physicalShape(NCHW, [2, 5, 6, 3])).toEqual([2, 3, 5, 6]);
    expect(physicalShape(OIHW, [3, 3, 4, 8])).toEqual([8, 4, 3, 3]);
    expect(physicalShape(blockedImage(16), [2, 5, 6, 32])).toEqual([2, 2, 5, 6, 16]);
  });

  it('keeps axes that repeat at length one, blocked or not', () => {
    expect(physicalShape(blockedImage(16), [1, 1, 1, 32])).toEqual([1, 2, 1, 1, 16]);
    expect(physicalShape(blockedImage(16), [2, 5, 6, 1])).toEqual([2, 1, 5, 6, 1]);
  });

  it('has no blocks where a shape does not divide into them', () => {
    expect(fitting(blockedImage(16), [2, 5, 6, 24])).toBe(NCHW);
    expect(fitting(blockedImage(8), [2, 5, 6, 24])).toBe(blockedImage(8));
    expect(unblocked(blockedImage(16))).toBe(NCHW);
  });

  it('loses and gains axes', () => {
    expect(withoutAxes(NCHW, [1, 2])).toBe(layout('0 1'));
    expect(withoutAxes(NCHW, [0])).toBe(layout('2 0 1'));
    expect(withLeadingAxes(layout('1 0'), 2)).toBe(layout('0 1 3 2'));
  });

  it('of transposed memory is the memory as it was', () => {
    // [N, H, W, C] as NCHW, seen as [N, C, H, W], is row-major.
    expect(transposed(NCHW, [0, 3, 1, 2])).toBe(rowMajor(4));
  });
});

describe('a conversion', () => {
  it('needs no transposition where only axes of length one move', () => {
    expect(conversion(rowMajor(4), NCHW, [2, 5, 6, 1]).order).toBeNull();
    expect(conversion(rowMajor(4), blockedImage(16), [1, 1, 1, 64]).order).toBeNull();
    expect(conversion(rowMajor(4), NCHW, [2, 5, 6, 3]).order).toEqual([0, 3, 1, 2]);
  });

  it('splits an axis into blocks', () => {
    const { split, order, joined } = conversion(rowMajor(4), blockedImage(8), [2, 5, 6, 24]);
    expect(split).toEqual([2, 5, 6, 3, 8]);
    expect(order).toEqual([0, 3, 1, 2, 4]);
    expect(joined).toEqual([2, 3, 5, 6, 8]);
  });
});

describe('toRowMajor', () => {
  it('gives the data themselves where they are in order', () => {
    const data = Float32Array.of(1, 2, 3);
    expect(toRowMajor(data, rowMajor(1), [3])).toBe(data);
  });

  it.each([NCHW, OIHW, layout('1 0 3 2'), blockedImage(2), blockedImage(4)])('reads %j', (from) => {
    const shape = [2, 3, 2, 4];
    const size = 48;
    // The number at a logical place is its index there; the physical place is counted part by part.
    const physical = new Int32Array(size);
    for (let index = 0; index < size; index++) {
      const at = [Math.floor(index / 24), Math.floor(index / 8) % 3, Math.floor(index / 4) % 2, index % 4];
      let place = 0;
      const dims = physicalShape(from, shape);
      from.parts.forEach((part, i) => {
        const coordinate = at[part.axis] as number;
        const within =
          part.part === 'whole'
            ? coordinate
            : part.part === 'block'
              ? Math.floor(coordinate / part.size)
              : coordinate % part.size;
        place = place * (dims[i] as number) + within;
      });
      physical[place] = index;
    }
    expect([...toRowMajor(physical, from, shape)]).toEqual(Array.from({ length: size }, (_, i) => i));
  });
});
