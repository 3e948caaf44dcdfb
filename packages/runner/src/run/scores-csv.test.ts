import type { Sample, UnlabelledSample } from '@adfw/core';
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

it('lists images without a label, and in columns of their own what shows one thing', () => {
  const view = { group: 'OK/S1', view: 'C1' };
  const unlabelled: UnlabelledSample = { id: 'private/0.png', label: null, defect: null };
  const samples: (Sample | UnlabelledSample)[] = [
    { id: 'OK/S1/C1.jpg', label: 0, defect: 'good', ...view },
    unlabelled,
  ];
  const text = scoresCsv(
    samples.map((sample) => ({ sample, score: 0.25 })),
    { benchmark: null, deployed: 0.5 },
    null,
  );
  expect(text.trim().split('\n')).toEqual([
    'image,label,defect,score,benchmarkPrediction,benchmarkNormalizedScore,deployedPrediction,deployedNormalizedScore,group,view',
    'OK/S1/C1.jpg,nominal,good,0.25,,,nominal,,OK/S1,C1',
    'private/0.png,,,0.25,,,nominal,,,',
  ]);
});
