import type { Sample } from '@adfw/core';
import { expect, it } from 'vitest';
import { scoresCsv } from './scores-csv.js';

const rows = [
  { sample: { id: 'test/good/0.png', label: 0, defect: 'good' } satisfies Sample, score: 0.25 },
  { sample: { id: 'test/dent/0.png', label: 1, defect: 'dent' } satisfies Sample, score: 1 },
];

it('says of each threshold what it makes of an image, under its own name', () => {
  expect(scoresCsv(rows, { benchmark: 0.5, deployed: 0.25 }, { min: 0, max: 1 })).toBe(
    [
      'image,label,defect,score,benchmarkPrediction,benchmarkNormalizedScore,deployedPrediction,deployedNormalizedScore',
      'test/good/0.png,nominal,good,0.25,nominal,0.25,defective,0.5',
      'test/dent/0.png,defective,dent,1,defective,1,defective,1.25',
      '',
    ].join('\n'),
  );
});

it('leaves empty what there is not: a threshold, or a range to normalise by', () => {
  const [, ...lines] = scoresCsv(rows, { benchmark: null, deployed: 0.5 }, null).trim().split('\n');
  expect(lines).toEqual([
    'test/good/0.png,nominal,good,0.25,,,nominal,',
    'test/dent/0.png,defective,dent,1,,,defective,',
  ]);
});
