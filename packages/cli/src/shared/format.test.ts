import { describe, expect, it } from 'vitest';
import { count, formatMeasure, formatRemaining, formatScore, formatSeconds, shellCommand } from './format.js';

describe('formats', () => {
  it('shows scores with four significant digits, whatever their size', () => {
    expect([0.123456, 12.34567, 0, 0.0000012349, -3].map(formatScore)).toEqual([
      '0.1235',
      '12.35',
      '0.000',
      '1.235e-6',
      '-3.000',
    ]);
  });

  it('shows a measure that is missing as a dash', () => {
    expect([1, 0.81249, null].map(formatMeasure)).toEqual(['1.000', '0.812', '-']);
  });

  it('shows durations as finely as they matter', () => {
    expect([0.25, 8.26, 42.4, 192].map(formatSeconds)).toEqual(['250ms', '8.2s', '42s', '3m 12s']);
    expect([0.4, 7.6, 61.2].map(formatRemaining)).toEqual(['<1s', '8s', '1m 1s']);
  });

  it('counts in the plural', () => {
    expect([count(0, 'image'), count(1, 'image'), count(2, 'image')]).toEqual([
      '0 images',
      '1 image',
      '2 images',
    ]);
  });

  it('quotes what a shell would take apart', () => {
    expect(shellCommand(['adfw', 'run', '--resume', "my runs/a'b"])).toBe(
      `adfw run --resume 'my runs/a'\\''b'`,
    );
  });
});
