import { describe, expect, it } from 'vitest';
import { disagree, refuseOtherDatasets, runNames } from './comparison.js';
import type { RunRecord } from './run-record.js';

const record = (
  folder: string,
  changed: { dataset?: object; images?: object[]; name?: string; size?: number } = {},
) =>
  ({
    folder,
    report: { dataset: { name: changed.name ?? 'tiles', category: 'a' } },
    experiment: {
      dataset: { type: 'mvtec', root: '/data', ...changed.dataset },
      images: { size: changed.size ?? 64 },
    },
    scores: changed.images ?? [
      { id: 'test/good/0.png', label: 0, score: 1 },
      { id: 'test/hole/0.png', label: 1, score: 2 },
    ],
  }) as unknown as RunRecord;

describe('runs that are compared', () => {
  it.each([
    [
      ['a/x', 'b/y/'],
      ['x', 'y'],
    ],
    [
      ['a/x', 'b/x', 'b/y/'],
      ['a/x', 'b/x', 'b/y'],
    ],
    [
      ['bench/stfpm/screw/42', '/elsewhere/../bench/fvv/screw/42'].map((path) => `/${path}`),
      ['stfpm', 'fvv'],
    ],
    [
      ['/runs/x', '/runs/x/x'],
      ['x', 'x/x'],
    ],
  ])('are called by their folders, or by what differs in their paths', (folders, names) => {
    expect(runNames(folders)).toEqual(names);
  });

  it('may have their images elsewhere, at another size and in another order', () => {
    const other = record('b', { dataset: { root: 'D:\\data' }, size: 32 });
    expect(() =>
      refuseOtherDatasets([record('a'), { ...other, scores: other.scores.toReversed() }]),
    ).not.toThrow();
  });

  it('may call their images by names whose accents are stored in another way', () => {
    const named = (name: string) =>
      record(name, { name, dataset: { seed: name }, images: [{ id: `test/good/${name}.png`, label: 0 }] });
    expect(() => refuseOtherDatasets([named('\u00f6'), named('o\u0308')])).not.toThrow();
  });

  it.each([
    [{ name: 'screws' }, 'tiles / a and screws / a'],
    [{ dataset: { seed: 2 } }, 'dataset.seed is nothing and 2'],
    [{ images: [{ id: 'test/good/0.png', label: 0 }] }, '2 and 1 images'],
    [
      {
        images: [
          { id: 'test/good/0.png', label: 0 },
          { id: 'test/hole/1.png', label: 1 },
        ],
      },
      'only the first has test/hole/0.png',
    ],
    [
      {
        images: [
          { id: 'test/good/0.png', label: 1 },
          { id: 'test/hole/0.png', label: 1 },
        ],
      },
      'test/good/0.png is defective for one',
    ],
  ])('are refused with what differs: %j', (changed, message) => {
    expect(() => refuseOtherDatasets([record('a'), record('b', changed)])).toThrow(message);
  });

  it('disagree where a verdict differs at either kind of threshold, runs without one left out', () => {
    const run = (deployed: number | null, benchmark: number | null) => ({
      thresholds: { deployed, benchmark },
    });
    expect(disagree([run(1, 1), run(1, 1)], [2, 0.5])).toBe(true);
    expect(disagree([run(1, 1), run(1, 3)], [2, 2])).toBe(true);
    expect(disagree([run(1, 1), run(1, 1)], [2, 1])).toBe(false);
    expect(disagree([run(1, null), run(null, 1)], [2, 0])).toBe(false);
  });
});
