/** The measures of several runs, side by side. */
import { confusion } from '@adfw/core';
import type { RunDocument } from '../report-document.js';
import { runKey } from './run-key.js';
import type { ThresholdKind } from './run-verdicts.js';
import { element } from './shared/elements.js';
import { formatMeasure, formatSeconds } from './shared/format.js';
import { isTrained } from './verdict.js';

interface Column {
  readonly name: string;
  /** Of the anomaly maps: left out where no run has any. */
  readonly isOfPixels?: boolean;
  readonly value: (run: RunDocument) => number | null;
  readonly text: (value: number) => string;
  readonly best: 'highest' | 'lowest';
}

const measure = (name: string, value: Column['value']): Column => ({
  name,
  value,
  text: formatMeasure,
  best: 'highest',
});
const pixelMeasure = (name: string, value: Column['value']): Column => ({
  ...measure(name, value),
  isOfPixels: true,
});
/** Of the images of a label, how many are called otherwise. */
const mistakes = (name: string, kind: ThresholdKind, labels: readonly (0 | 1)[], label: 0 | 1): Column => {
  const total = labels.filter((each) => each === label).length;
  return {
    name,
    value: ({ thresholds, scores }) => {
      const threshold = thresholds[kind];
      if (threshold === null) return null;
      const { falsePositives, falseNegatives } = confusion(scores, labels, threshold);
      return label === 0 ? falsePositives : falseNegatives;
    },
    text: (many) => `${many} of ${total}`,
    best: 'lowest',
  };
};

const columnsFor = (runs: readonly RunDocument[], labels: readonly (0 | 1)[]): readonly Column[] =>
  allColumns(runs, labels).filter(({ isOfPixels }) => !isOfPixels || runs.some(({ hasMaps }) => hasMaps));

const allColumns = (runs: readonly RunDocument[], labels: readonly (0 | 1)[]): readonly Column[] => [
  measure('Image AUROC', ({ metrics }) => metrics.imageAuroc),
  pixelMeasure('Pixel AUROC', ({ metrics }) => metrics.pixelAuroc),
  pixelMeasure('AUPRO', ({ metrics }) => metrics.aupro),
  pixelMeasure('Dice', ({ metrics }) => metrics.diceMean),
  measure('F1', ({ metrics }) => metrics.imageF1),
  measure('Synthetic defects, image AUROC', ({ synthetic }) => synthetic?.imageAuroc ?? null),
  pixelMeasure('Synthetic defects, pixel AUROC', ({ synthetic }) => synthetic?.pixelAuroc ?? null),
  mistakes('False bads, benchmark', 'benchmark', labels, 0),
  mistakes('False goods, benchmark', 'benchmark', labels, 1),
  mistakes('False bads, deployed', 'deployed', labels, 0),
  mistakes('False goods, deployed', 'deployed', labels, 1),
  {
    name: runs.every(isTrained) ? 'Training' : 'Fitting',
    value: ({ timings }) => timings.trainSeconds,
    text: formatSeconds,
    best: 'lowest',
  },
  {
    name: 'Scoring an image',
    value: ({ timings }) => timings.inferenceMsPerImage,
    text: (value) => `${value.toFixed(1)} ms`,
    best: 'lowest',
  },
];

/** A row a run, a column a measure; the best of each column is bold. */
export function comparisonTable(runs: readonly RunDocument[], labels: readonly (0 | 1)[]): HTMLElement {
  const columns = columnsFor(runs, labels);
  const best = columns.map(({ value, best }) => {
    const values = runs.map(value).filter((each) => each !== null);
    if (new Set(values).size < 2) return null;
    return best === 'lowest' ? Math.min(...values) : Math.max(...values);
  });
  return element(
    'table',
    { class: 'comparison' },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...['Run', 'Method', ...columns.map(({ name }) => name)].map((name) =>
          element('th', { scope: 'col' }, name),
        ),
      ),
    ),
    element(
      'tbody',
      {},
      ...runs.map((run, index) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, runKey(index), run.name),
          element('td', {}, run.method),
          ...columns.map(({ value, text }, column) => {
            const own = value(run);
            if (own === null) return element('td', { class: 'number' }, '–');
            return element(
              'td',
              { class: 'number' },
              own === best[column] ? element('b', {}, text(own)) : text(own),
            );
          }),
        ),
      ),
    ),
  );
}
