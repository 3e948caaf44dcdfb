import { expect, it } from 'vitest';
import { traceEvents } from './trace-events.js';

it('names process and threads, and gives spans in microseconds, outer ones first', () => {
  const text = traceEvents(
    {
      process: 'adfw run',
      lines: ['main', 'reading'],
      spans: [
        { name: 'inner', line: 0, start: 1, duration: 0.25 },
        { name: 'read', line: 1, start: 1.5, duration: 2.0000004 },
        { name: 'outer', line: 0, start: 1, duration: 7 },
      ],
    },
    7,
  );
  const named = (name: string, tid: number, args: object) => ({ name, ph: 'M', pid: 7, tid, args });
  expect(JSON.parse(text)).toEqual({
    displayTimeUnit: 'ms',
    traceEvents: [
      named('process_name', 0, { name: 'adfw run' }),
      named('thread_name', 0, { name: 'main' }),
      named('thread_sort_index', 0, { sort_index: 0 }),
      named('thread_name', 1, { name: 'reading' }),
      named('thread_sort_index', 1, { sort_index: 1 }),
      { name: 'outer', ph: 'X', pid: 7, tid: 0, ts: 1000, dur: 7000 },
      { name: 'inner', ph: 'X', pid: 7, tid: 0, ts: 1000, dur: 250 },
      { name: 'read', ph: 'X', pid: 7, tid: 1, ts: 1500, dur: 2000 },
    ],
  });
});
