import { expect, it } from 'vitest';
import { maskRemarks, maskWarnings } from './mask-remarks.js';

const mask = (defective: number, remarks?: readonly string[]) => ({
  width: 10,
  height: 1,
  data: Uint8Array.from({ length: 10 }, (_, i) => (i < defective ? 1 : 0)),
  ...(remarks && { remarks }),
});

const warnings = (masks: readonly (ReturnType<typeof mask> | undefined)[]) =>
  maskWarnings(
    masks.map((_, index) => ({ id: `test/hole/${index}.png`, label: 1, defect: 'hole' })),
    masks.map((own) => own && maskRemarks(own)),
  );

it('says nothing of usual masks, and of none', () => {
  expect(warnings([])).toEqual([]);
  expect(warnings([mask(1), mask(9), undefined])).toEqual([]);
});

it('counts masks of a kind, among those that are there, and names the first', () => {
  expect(warnings([undefined, mask(1), mask(1, ['Odd masks']), mask(0, ['Odd masks'])])).toEqual([
    'Odd masks: 2 of 3, the first that of test/hole/2.png.',
    'Masks of defective images without a defective pixel: 1 of 3, the first that of test/hole/3.png.',
  ]);
});

it('takes masks for inverted where most are nearly all defective', () => {
  expect(warnings([mask(10), mask(10), mask(1)])).toEqual([
    expect.stringMatching(
      /^Masks that are more than 90 % defective.*: 2 of 3, the first that of test\/hole\/0/,
    ),
  ]);
  expect(warnings([mask(10), mask(1)])).toEqual([]);
});
