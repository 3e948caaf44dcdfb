import { describe, expect, it } from 'vitest';
import { allDifferences, differences } from './differences.js';

const preset = { seed: 1, student: { width: 64, type: 'resnet18' }, layers: ['a', 'b'] };

describe('differences', () => {
  it('are found at any depth, whatever the order of keys', () => {
    const same = { layers: ['a', 'b'], student: { type: 'resnet18', width: 64 }, seed: 1 };
    expect(allDifferences(preset, same)).toEqual([]);
    const other = { ...preset, student: { width: 8, type: 'resnet18' }, layers: ['b', 'a'] };
    expect(differences(preset, other)).toEqual([
      { path: 'student.width', expected: 64, found: 8 },
      { path: 'layers', expected: ['a', 'b'], found: ['b', 'a'] },
    ]);
  });

  it('are of what was expected only, or of both', () => {
    const more = { ...preset, student: { ...preset.student, count: 3 } };
    expect(differences(preset, more)).toEqual([]);
    expect(differences(more, preset)).toEqual([{ path: 'student.count', expected: 3, found: undefined }]);
    expect(allDifferences(preset, more)).toEqual([{ path: 'student.count', expected: undefined, found: 3 }]);
    expect(allDifferences(more, preset)).toEqual([{ path: 'student.count', expected: 3, found: undefined }]);
  });
});
