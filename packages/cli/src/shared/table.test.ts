import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { formatTable } from './table.js';

describe('formatTable', () => {
  it('aligns columns, each as wide as its widest cell, without spaces at the ends of lines', () => {
    const rows = [
      ['AUROC', '0.9', ''],
      ['F1', '10.25', 'of images'],
    ];
    expect(formatTable(rows, { align: ['left', 'right'], indent: '  ' }).split('\n')).toEqual([
      '  AUROC    0.9',
      '  F1     10.25  of images',
    ]);
  });

  it('counts no width for colours', () => {
    const { red } = pc.createColors(true);
    const [first, second] = formatTable([
      [red('ab'), 'x'],
      ['abc', 'y'],
    ]).split('\n');
    expect(first).toBe(`${red('ab')}   x`);
    expect(second).toBe('abc  y');
  });

  it('wraps the last column at words so that lines fit', () => {
    const text = 'one two three four five six seven eight nine ten';
    const lines = formatTable([['name', text]], { width: 36 }).split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(36);
    expect(lines.slice(1).every((line) => line.startsWith('      '))).toBe(true);
    expect(lines.join(' ').split(/\s+/)).toEqual(['name', ...text.split(' ')]);
  });
});
