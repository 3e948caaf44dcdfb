import { expect, it } from 'vitest';
import { evenlySpaced, selectWeights } from './weight-selection.js';

const counted = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
});

it('takes every other channel of twice as many, of outputs and inputs alike', () => {
  const larger = { 'conv.weight': counted(4, 4, 1, 2), 'bn.bias': counted(4) };
  const selected = selectWeights(larger, { 'conv.weight': counted(2, 2, 1, 2), 'bn.bias': counted(2) });
  // Kernel [output, input] of the larger network holds 8 output + 2 input, and one more.
  expect(Array.from(selected?.['conv.weight']?.data ?? [])).toEqual([0, 1, 4, 5, 16, 17, 20, 21]);
  expect(Array.from(selected?.['bn.bias']?.data ?? [])).toEqual([0, 2]);
});

it('takes all where there are as many, and spreads what does not divide', () => {
  const larger = { weight: counted(3, 2) };
  expect(selectWeights(larger, larger)?.weight?.data).toEqual(larger.weight.data);
  expect(Array.from(selectWeights(larger, { weight: counted(2, 2) })?.weight?.data ?? [])).toEqual([
    0, 1, 2, 3,
  ]);
});

it('is null where the larger network lacks a tensor, has a smaller one, or another kernel', () => {
  expect(selectWeights({ a: counted(2) }, { b: counted(1) })).toBeNull();
  expect(selectWeights({ a: counted(2) }, { a: counted(3) })).toBeNull();
  expect(selectWeights({ a: counted(4, 4, 3, 3) }, { a: counted(2, 2, 1, 1) })).toBeNull();
  expect(selectWeights({ a: counted(4, 4) }, { a: counted(2) })).toBeNull();
});

it('chooses channels at even distances', () => {
  expect(evenlySpaced(3, 6)).toEqual([0, 2, 4]);
  expect(evenlySpaced(4, 6)).toEqual([0, 1, 3, 4]);
  expect(evenlySpaced(2, 2)).toEqual([0, 1]);
});
