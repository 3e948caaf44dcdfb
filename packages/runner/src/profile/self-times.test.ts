import { describe, expect, it } from 'vitest';
import { selfTimes } from './self-times.js';

type Span = readonly [name: string, start: number, end: number, ...within: Span[]];

/** Begins and ends spans as a program would that does one thing within another. */
function timesOf(spans: readonly Span[], counts?: (name: string) => boolean) {
  const ended: string[] = [];
  const times = selfTimes(counts, (name) => ended.push(name));
  const go = ([name, start, end, ...within]: Span) => {
    const finish = times.begin(name, start);
    within.forEach(go);
    finish(end);
  };
  spans.forEach(go);
  const totals = Object.fromEntries(
    [...times.totals()].map(([name, { self, times }]) => [name, [self, times]]),
  );
  return { totals, ended };
}

const run: Span = [
  ...['run', 0, 100],
  ['step', 10, 40, ['compile', 12, 20], ['compute', 20, 38]],
  ['step', 50, 60, ['compute', 51, 59]],
  ['score', 60, 95, ['step', 70, 80, ['compute', 70, 80]]],
] as unknown as Span;

describe('self times', () => {
  it('are a duration less what lies directly within', () => {
    expect(timesOf([run]).totals).toEqual({
      run: [100 - 30 - 10 - 35, 1],
      step: [30 - 8 - 18 + (10 - 8) + 0, 3],
      compile: [8, 1],
      compute: [18 + 8 + 10, 3],
      score: [35 - 10, 1],
    });
  });

  it('add up to the duration of the whole', () => {
    const selves = Object.values(timesOf([run]).totals).map(([self]) => self as number);
    expect(selves.reduce((sum, self) => sum + self, 0)).toBe(100);
  });

  it('of one name within itself count nothing twice', () => {
    expect(timesOf([['a', 0, 10, ['a', 2, 8, ['a', 3, 4]]]]).totals).toEqual({ a: [10, 3] });
  });

  it('of a name that is not counted belong to what it lies in, but for what is counted within it', () => {
    const { totals, ended } = timesOf([run], (name) => name !== 'step' && name !== 'compute');
    expect(totals).toEqual({ run: [100 - 8 - 35, 1], compile: [8, 1], score: [35, 1] });
    expect(ended.filter((name) => name === 'step')).toHaveLength(3);
  });

  it('end with what they lie in, where an error left them open', () => {
    const ended: [string, number, number][] = [];
    const times = selfTimes(undefined, (...span) => ended.push(span));
    const endOuter = times.begin('outer', 0);
    const endInner = times.begin('inner', 3);
    times.begin('innermost', 4);
    endOuter(10);
    endInner(11);
    endOuter(12);
    expect(ended).toEqual([
      ['innermost', 4, 10],
      ['inner', 3, 10],
      ['outer', 0, 10],
    ]);
    expect([...times.totals().values()].map(({ self }) => self)).toEqual([6, 1, 3]);
  });
});
