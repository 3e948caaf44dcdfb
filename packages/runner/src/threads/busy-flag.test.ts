import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { awaitBeforeExit, beginWork, busyFlag, endWork } from './busy-flag.js';

/** What a process does on its way out. */
const exitListeners = () => process.listeners('exit');
const added = (before: readonly unknown[]) => exitListeners().filter((each) => !before.includes(each));

describe('a busy flag', () => {
  it('lets a process exit at once when its threads are idle, and lets them work no more', () => {
    const before = exitListeners();
    const flags = [busyFlag(), busyFlag()];
    const undo = flags.map(awaitBeforeExit);
    for (const flag of flags) endWork(flag);
    expect(flags.map(beginWork)).toEqual([true, true]);
    for (const flag of flags) endWork(flag);

    const [exit] = added(before) as [(code: number) => void];
    exit(0);
    expect(flags.map(beginWork)).toEqual([false, false]);
    for (const forget of undo) forget();
    expect(exitListeners()).toEqual(before);
  });

  it('makes it wait for one that is at work', async () => {
    const before = exitListeners();
    const flag = busyFlag();
    const forget = awaitBeforeExit(flag);
    const finished = new Int32Array(new SharedArrayBuffer(4));
    // It works until somebody waits for it, and a little longer.
    const work = `
      const { flag, finished } = require('node:worker_threads').workerData;
      while (Atomics.notify(flag, 0) === 0);
      finished[0] = 1;
      Atomics.compareExchange(flag, 0, 1, 0);
      Atomics.notify(flag, 0);
    `;
    const thread = new Worker(work, { eval: true, workerData: { flag, finished } });
    const ended = once(thread, 'exit');
    (added(before)[0] as (code: number) => void)(0);
    expect(finished[0]).toBe(1);
    expect(beginWork(flag)).toBe(false);
    forget();
    await ended;
  });
});
