import type { Sample } from '@adfw/core';
import { stringify } from 'csv-stringify/sync';

export interface ScoreRow {
  sample: Sample;
  score: number;
  /** Eq. 5.7 at the benchmark's threshold; null where there is none. */
  normalizedScore: number | null;
  /** By the benchmark's threshold; null where there is none. */
  prediction: 'nominal' | 'defective' | null;
}

/** `scores.csv`: a line for each test image. */
export const scoresCsv = (rows: readonly ScoreRow[]): string =>
  stringify(
    rows.map(({ sample, score, normalizedScore, prediction }) => ({
      image: sample.id,
      label: sample.label === 1 ? 'defective' : 'nominal',
      defect: sample.defect,
      score,
      normalizedScore,
      prediction,
    })),
    { header: true, columns: ['image', 'label', 'defect', 'score', 'normalizedScore', 'prediction'] },
  );
