import { describe, expect, it } from 'vitest';
import { allDifferences, differences } from './differences.js';

const preset = { seed: 1, part: { width: 64, type: 'resnet18' }, layers: ['a', 'b'] };

describe('differences', () => {
  it('are found at any depth, whatever the order of keys', () => {
    const same = { layers: ['a', 'b'], part: { type: 'resnet18', width: 64 }, seed: 1 };
    expect(allDifferences(preset, same)).toEqual([]);
    const other = { ...preset, part: { width: 8, type: 'resnet18' }, layers: ['b', 'a'] };
    expect(differences(preset, other)).toEqual([
      { path: 'part.width', expected: 64, found: 8 },
      { path: 'layers', expected: ['a', 'b'], found: ['b', 'a'] },
    ]);
  });

  it('are of what was expected only, or of both', () => {
    const more = { ...preset, part: { ...preset.part, count: 3 } };
    expect(differences(preset, more)).toEqual([]);
    expect(differences(more, preset)).toEqual([{ path: 'part.count', expected: 3, found: undefined }]);
    expect(allDifferences(preset, more)).toEqual([{ path: 'part.count', expected: undefined, found: 3 }]);
    expect(allDifferences(more, preset)).toEqual([{ path: 'part.count', expected: 3, found: undefined }]);
  });
});
