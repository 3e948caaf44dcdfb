import { describe, expect, it } from 'vitest';
import { experimentFlagNames, experimentLayers } from './experiment-flags.js';

describe('experimentLayers', () => {
  it('gives a layer for each flag, named after it', () => {
    expect(experimentLayers({ method: 'fvv', epochs: '5', 'skip-bad-images': true, out: 'x' })).toEqual([
      { source: '--method', document: { method: 'fvv' } },
      { source: '--skip-bad-images', document: { dataset: { skipBadImages: true } } },
      { source: '--epochs', document: { training: { epochs: 5 } } },
    ]);
  });

  it('leaves what is no number for the schema to refuse, and names alone', () => {
    const documents = experimentLayers({ seed: '4x', 'batch-size': '', category: '001' });
    expect(documents.map(({ document }) => document)).toEqual([
      { dataset: { category: '001' } },
      { training: { batchSize: '' } },
      { seed: '4x' },
    ]);
  });

  it('gives nothing without flags', () => {
    expect(
      experimentLayers(Object.fromEntries(experimentFlagNames.map((name) => [name, undefined]))),
    ).toEqual([]);
  });
});
