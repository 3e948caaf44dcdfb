import { preparePretraining, pretrainingParts } from '@adfw/runner';
import { describe, expect, it } from 'vitest';
import { pretrainFlags, pretrainLayers } from './flags.js';

describe('the flags of adfw pretrain', () => {
  it.each(pretrainingParts.map(({ name }) => name))('are all the options of %s', (kind) => {
    const { kind: _, ...options } = preparePretraining([{ source: 'the test', document: { kind } }]);
    expect(Object.keys(pretrainFlags)).toEqual(expect.arrayContaining(Object.keys(options)));
  });

  it('have no option that no kind has', () => {
    const known = pretrainingParts.flatMap(({ name }) =>
      Object.keys(preparePretraining([{ source: 'the test', document: { kind: name } }])),
    );
    expect(known).toEqual(expect.arrayContaining(Object.keys(pretrainFlags)));
  });

  it('are layers of options, named after the flag', () => {
    expect(pretrainLayers({ 'batch-size': '8', storage: 'float16', images: ['a', 'b'], out: 'x' })).toEqual([
      { source: '--images', document: { images: ['a', 'b'] } },
      { source: '--batch-size', document: { batchSize: 8 } },
      { source: '--storage', document: { storage: 'float16' } },
    ]);
    expect(pretrainLayers({ steps: 'many' })).toEqual([{ source: '--steps', document: { steps: 'many' } }]);
  });
});
