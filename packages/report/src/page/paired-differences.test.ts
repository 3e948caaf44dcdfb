import { expect, it } from 'vitest';
import type { RunDocument } from '../report-document.js';
import { pairedDifferences } from './paired-differences.js';

const count = 40;
const labels = Array.from({ length: count }, (_, i) => (i % 2) as 0 | 1);
const run = (name: string, imageAuroc: number, score: (i: number) => number) =>
  ({ name, metrics: { imageAuroc }, scores: labels.map((_, i) => score(i)) }) as unknown as RunDocument;
const sure = run('sure', 1, (i) => (i % 2) * 10 + i / 100);
const blind = run('blind', 0.5, () => 3);
/** One defective image of twenty is below all nominal ones. */
const near = run('near', 0.95, (i) => (i === 1 ? -5 : (i % 2) * 10 + i / 100));

it('tell a difference from luck', () => {
  expect(pairedDifferences([blind, sure, near], labels)).toEqual([
    expect.stringMatching(
      /^sure is 0\.050 above near in image AUROC \(95 %: 0\.000 to 0\.\d{3}; p = 0\.\d{3}\), which may well be luck\.$/,
    ),
    'sure is 0.500 above blind in image AUROC (95 %: 0.500 to 0.500; p < 0.001), more than luck explains.',
  ]);
});

it('say nothing where no run is the best, or images are of one kind', () => {
  expect(pairedDifferences([sure, { ...sure, name: 'as sure' }], labels)).toEqual([]);
  expect(
    pairedDifferences(
      [sure, blind],
      labels.map(() => 1),
    ),
  ).toEqual([]);
  expect(pairedDifferences([sure], labels)).toEqual([]);
});
