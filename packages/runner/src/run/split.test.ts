import { type Dataset, nominalSplit, type ResolvedExperiment } from '@adfw/core';
import { expect, it } from 'vitest';
import { splitOf } from './split.js';

const experiment = { fit: { validationFraction: 0.2 }, seed: 3 } as ResolvedExperiment;
const dataset = (groupOf: (index: number) => string | undefined) =>
  ({
    train: Array.from({ length: 30 }, (_, index) => {
      const group = groupOf(index);
      return { id: `${index}`, label: 0, defect: 'good', ...(group !== undefined && { group }) };
    }),
  }) as unknown as Dataset;

it('holds out what one group shows as a whole, and without groups a share of the images', () => {
  const { validation } = splitOf(
    dataset((index) => `object ${index % 10}`),
    experiment,
  );
  expect(validation).toHaveLength(6);
  expect(new Set(validation.map((index) => index % 10)).size).toBe(2);
  expect(
    splitOf(
      dataset(() => undefined),
      experiment,
    ),
  ).toEqual(nominalSplit({ train: 30, validation: 0 }, 0.2, 3));
});
