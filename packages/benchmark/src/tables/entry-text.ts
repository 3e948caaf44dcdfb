/** How a place of a table is written, in every format. */
import type { Measure } from '../measures.js';
import type { Column, Entry, MethodCost, Summary } from './tables.js';

const instead = { failed: 'failed', pending: 'not run', unmeasured: '-' } as const;

/** `0.981 ± 0.004`, `1/0`, `0.981 (2 of 3)`, `failed`. */
export function entryText({ status, values, counted, of }: Entry, { digits }: Measure): string {
  if (status !== 'measured') return instead[status];
  const separator = values.some(({ deviation }) => deviation !== null) ? ' / ' : '/';
  const numbers = values.map((value) => summaryText(value, digits)).join(separator);
  return counted < of ? `${numbers} (${counted} of ${of})` : numbers;
}

function summaryText({ mean, deviation }: Summary, digits: number): string {
  if (mean === null) return instead.unmeasured;
  if (deviation !== null) return `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
  // Counts of one run are whole.
  return digits === 1 && Number.isInteger(mean) ? String(mean) : mean.toFixed(digits);
}

export const columnTitle = ({ method, source }: Column): string =>
  source === null ? method : `${method}, ${source}`;

export const costTitles = ['method', 'parameters', 'multiply-adds', 'training, s', 'scoring, ms'] as const;

export const costExplanation =
  'How many numbers a model learns, and how many it multiplies and adds up with them for an image; seconds of a training, the mean over the runs; milliseconds of scoring an image, all of it, the least of the runs.';

/** The row of a method, its name first. */
export const costTexts = (cost: MethodCost): string[] => [
  cost.method,
  millions(cost.parameters, 3),
  millions(cost.multiplyAdds, 0),
  cost.trainSeconds?.toFixed(cost.trainSeconds < 10 ? 1 : 0) ?? '-',
  cost.inferenceMsPerImage?.toFixed(1) ?? '-',
];

const millions = (value: number | null, digits: number): string =>
  value === null ? '-' : `${(value / 1e6).toFixed(digits)} M`;
