import { normalizeScores, type Sample, type UnlabelledSample, type ValueRange } from '@adfw/core';
import { stringify } from 'csv-stringify/sync';

export interface ScoreRow {
  sample: Sample | UnlabelledSample;
  score: number;
}

export interface ScoreThresholds {
  /** null where there is none; its columns are then empty. */
  benchmark: number | null;
  deployed: number | null;
}

const columns = [
  'image',
  'label',
  'defect',
  'score',
  'benchmarkPrediction',
  'benchmarkNormalizedScore',
  'deployedPrediction',
  'deployedNormalizedScore',
];

/** There where samples have them. */
const groupColumns = ['group', 'view'] as const;

/**
 * `scores.csv`: a line for each test image, and for each without a label, with what each threshold makes of it. `predict` says what the deployed one does.
 * @param range what scores are normalised by (eq. 5.7); null where there is nothing to.
 */
export const scoresCsv = (
  rows: readonly ScoreRow[],
  { benchmark, deployed }: ScoreThresholds,
  range: ValueRange | null,
): string =>
  stringify(
    rows.map(({ sample, score }) => ({
      image: sample.id,
      label: sample.label === null ? '' : sample.label === 1 ? 'defective' : 'nominal',
      defect: sample.defect ?? '',
      score,
      ...atThreshold('benchmark', score, benchmark, range),
      ...atThreshold('deployed', score, deployed, range),
      group: sample.group,
      view: sample.view,
    })),
    {
      header: true,
      columns: [
        ...columns,
        ...groupColumns.filter((name) => rows.some(({ sample }) => sample[name] !== undefined)),
      ],
    },
  );

function atThreshold(
  name: keyof ScoreThresholds,
  score: number,
  threshold: number | null,
  range: ValueRange | null,
) {
  if (threshold === null) return {};
  return {
    [`${name}Prediction`]: score >= threshold ? 'defective' : 'nominal',
    [`${name}NormalizedScore`]: normalizeScores([score], threshold, range)?.[0],
  };
}

/** @param start of a file. */
export const isScoresCsv = (start: Buffer): boolean => start.toString('utf8').startsWith('image,label,');
