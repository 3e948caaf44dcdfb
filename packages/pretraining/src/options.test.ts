import { type Part, uncheckedRegistry } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { commonOptions, resolvePretraining } from './options.js';
import { pyramidPart } from './pyramid/pyramid-part.js';

const other: Part<'pretraining'> = {
  kind: 'pretraining',
  name: 'other',
  summary: 'Another kind.',
  options: { ...commonOptions, size: { type: 'integer', minimum: 1, description: 'A size.' } },
  required: ['size'],
  create: () => Promise.reject(new Error('not created here')),
};
const resolve = (...documents: object[]) =>
  resolvePretraining(
    uncheckedRegistry([{ name: 'two', parts: [pyramidPart, other] }]),
    documents.map((document, index) => ({ source: `--flag${index}`, document })),
  );

describe('the options of a training', () => {
  it('are the defaults where nothing is said, and the last that is said', () => {
    const options = resolve({ kind: 'pyramid' }, { steps: 5 }, { steps: 7, width: 16 });
    expect(options).toMatchObject({
      images: ['generated'],
      steps: 7,
      width: 16,
      layers: ['layer1', 'layer2', 'layer3'],
    });
    expect(Object.keys(options)).toEqual(
      expect.arrayContaining([...Object.keys(commonOptions), ...Object.keys(pyramidPart.options ?? {})]),
    );
  });

  it('are refused with every fault, and who said it', () => {
    const wrong = () => resolve({ kind: 'pyramid' }, { steps: 0 }, { batchSise: 4 }, { width: 'wide' });
    expect(wrong).toThrow(/has 3 faults/);
    expect(wrong).toThrow(/--flag1: \$\.steps must be an integer >= 1; found 0/);
    expect(wrong).toThrow(/--flag2: \$\.batchSise .*Did you mean batchSize\?/);
    expect(wrong).toThrow(/--flag3: \$\.width must be an integer/);
  });

  it('are those of the kind', () => {
    expect(resolve({ kind: 'other' }, { size: 3 })).toMatchObject({ kind: 'other', size: 3 });
    expect(() => resolve({ kind: 'other' })).toThrow(/\$\.size is missing.*A size/);
    expect(() => resolve({ kind: 'other' }, { size: 3 }, { width: 8 })).toThrow(
      /--flag2: \$\.width is not known/,
    );
    expect(() => resolve({ kind: 'pyramit' })).toThrow(
      'There is no pretraining "pyramit"; registered are pyramid, other. Did you mean "pyramid"?',
    );
  });
});
