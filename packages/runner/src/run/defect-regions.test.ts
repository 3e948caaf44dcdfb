import type { Dataset, Mask } from '@adfw/core';
import { expect, it } from 'vitest';
import { defectRegions } from './defect-regions.js';

const size = () => ({ height: 2, width: 3 });
const test = [
  { id: 'good', label: 0, defect: 'good' },
  { id: 'bad', label: 1, defect: 'hole' },
] as const;
const dataset = (masks: readonly Partial<Mask>[] | null) =>
  ({ test, ...(masks && { masks: async () => masks }) }) as unknown as Dataset;
const data = Uint8Array.of(0, 1, 1, 0, 0, 1);

it('are the runs of pixels of each mask that says how many count as all of it', async () => {
  expect(await defectRegions(dataset([{ data, saturation: 2 }]), size)).toEqual([
    [],
    [{ runs: Uint32Array.of(1, 2, 5, 1), saturation: 2 }],
  ]);
});

it('are none where the dataset has but one mask of all defects, or does not say', async () => {
  expect(await defectRegions(dataset(null), size)).toBeNull();
  expect(await defectRegions(dataset([{ data, saturation: 2 }, { data }]), size)).toBeNull();
  expect(await defectRegions(dataset([]), size)).toBeNull();
});
