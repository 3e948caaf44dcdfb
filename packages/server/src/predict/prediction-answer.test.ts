import { describe, expect, it } from 'vitest';
import { MAX_REGIONS, mapStatistics } from './prediction-answer.js';

/** `.` is 0.1, `#` 0.6 and `@` 0.9, and nothing is no score. */
const mapOf = (...rows: string[]) => ({
  map: Float32Array.from(
    [...rows.join('')].map(
      (sign) => ({ '.': 0.1, '#': 0.6, '@': 0.9, ' ': Number.NEGATIVE_INFINITY })[sign] as number,
    ),
  ),
  size: { height: rows.length, width: (rows[0] as string).length },
});

describe('mapStatistics', () => {
  it('gives regions that touch by corners as one, the highest first, in pixels of the image', () => {
    const { map, size } = mapOf(
      '.##...', //
      '...#..',
      '......',
      '....@@',
    );
    const { regions, regionCount, map: about } = mapStatistics(map, size, { height: 8, width: 60 }, 0.5);
    expect(regionCount).toBe(2);
    expect(regions).toEqual([
      { x: 40, y: 6, width: 20, height: 2, area: 2 / 24, score: Math.fround(0.9) },
      { x: 10, y: 0, width: 30, height: 4, area: 3 / 24, score: Math.fround(0.6) },
    ]);
    expect(about).toEqual({
      width: 6,
      height: 4,
      min: Math.fround(0.1),
      mean: expect.closeTo((19 * 0.1 + 3 * 0.6 + 2 * 0.9) / 24, 6),
      peak: { x: 45, y: 7 },
      defectiveArea: 5 / 24,
    });
  });

  it('gives none without a threshold, or below it', () => {
    const { map, size } = mapOf('.#', '..');
    expect(mapStatistics(map, size, size, null)).toMatchObject({
      regions: [],
      regionCount: 0,
      map: { defectiveArea: null, peak: { x: 1, y: 0 } },
    });
    expect(mapStatistics(map, size, size, 0.7)).toMatchObject({ regions: [], map: { defectiveArea: 0 } });
  });

  it('counts pixels without a score nowhere', () => {
    const { map, size } = mapOf('  ..', '  #.');
    const { map: about } = mapStatistics(map, size, size, 0.5);
    expect(about).toMatchObject({ min: Math.fround(0.1), peak: { x: 2, y: 1 }, defectiveArea: 1 / 4 });
    expect(about?.mean).toBeCloseTo((0.6 + 3 * 0.1) / 4, 6);
  });

  it('lists a limited number, and counts all', () => {
    const rows = Array.from({ length: 20 }, (_, y) => (y % 2 === 0 ? '#.'.repeat(20) : '.'.repeat(40)));
    const { map, size } = mapOf(...rows);
    const { regions, regionCount } = mapStatistics(map, size, size, 0.5);
    expect(regionCount).toBe(200);
    expect(regions).toHaveLength(MAX_REGIONS);
  });
});
