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
    const work = `
      const { parentPort, workerData } = require('node:worker_threads');
      parentPort.postMessage('started');
      const end = performance.now() + 300;
      while (performance.now() < end);
      Atomics.compareExchange(workerData, 0, 1, 0);
      Atomics.notify(workerData, 0);
    `;
    const thread = new Worker(work, { eval: true, workerData: flag });
    await once(thread, 'message');
    const start = performance.now();
    (added(before)[0] as (code: number) => void)(0);
    expect(performance.now() - start).toBeGreaterThan(200);
    expect(beginWork(flag)).toBe(false);
    forget();
    await once(thread, 'exit');
  });
});
