import type { BenchmarkEvent, Cell } from '@adfw/benchmark';
import type { RunEvent } from '@adfw/runner';
import { describe, expect, it } from 'vitest';
import type { ProgressState, ProgressView } from '../../shared/progress-view.js';
import { showBenchmark } from './progress.js';

/** What a benchmark says, with a clock that the test turns. */
function shown() {
  const lines: string[] = [];
  const states: ProgressState[] = [];
  const clock = { milliseconds: 0 };
  const view: ProgressView = {
    update: (state) => states.push(state),
    milestone: (text) => lines.push(text),
    finished: (text) => lines.push(`done: ${text}`),
    note: (text) => lines.push(text),
    warn: (text) => lines.push(`warning: ${text}`),
    stepAside: (write) => write(),
    close: () => undefined,
  };
  return { lines, states, clock, show: showBenchmark(view, () => clock.milliseconds) };
}

const cell = { method: 'fvv', category: 'screw', seed: 43, folder: 'fvv/screw/43' } as Cell;
const place = { cell, number: 2, total: 4 };
const step = {
  type: 'step',
  stage: 'students',
  epoch: 2,
  epochs: 2,
  step: 1,
  steps: 2,
  secondsLeft: 30,
} as RunEvent;
const running = (
  event: RunEvent,
  ownSeconds: number | null,
  laterSeconds: number | null,
): BenchmarkEvent => ({
  type: 'running',
  ...place,
  event,
  ownSeconds,
  laterSeconds,
});

describe('showBenchmark', () => {
  it('says what was begun and what became of it', () => {
    const { show, lines, clock } = shown();
    show({ type: 'planned', total: 4, complete: 1, jobs: 1 });
    show({ type: 'begun', ...place, resumed: true });
    clock.milliseconds = 65_000;
    const report = { metrics: { imageAuroc: 0.98765 } };
    show({ type: 'ended', ...place, outcome: { ...cell, status: 'complete', report } as never });
    show({ type: 'ended', ...place, outcome: { ...cell, status: 'failed', reason: 'The disk is full.' } });
    expect(lines).toEqual([
      '4 runs, 1 of them complete already',
      '[2/4] fvv, screw, seed 43: going on',
      'done: [2/4] fvv, screw, seed 43: image AUROC 0.988, in 1m 5s',
      'warning: [2/4] fvv, screw, seed 43 failed: The disk is full.',
    ]);
  });

  it('says once what is to be said of a category', () => {
    const { show, lines } = shown();
    const warning: RunEvent = { type: 'warning', message: 'Masks are empty.' };
    const message: RunEvent = { type: 'message', message: 'Left out: a file.' };
    for (const [category, seed] of [
      ['screw', 42],
      ['screw', 43],
      ['nut', 42],
    ] as const)
      for (const event of [warning, message])
        show({ ...running(event, null, null), cell: { ...cell, category, seed } } as BenchmarkEvent);
    expect(lines).toEqual([
      'warning: screw: Masks are empty.',
      'screw: Left out: a file.',
      'warning: nut: Masks are empty.',
      'nut: Left out: a file.',
    ]);
  });

  it('says what earlier runs are compared with, and what cannot be compared', () => {
    const { show, lines, states } = shown();
    show({ type: 'comparing', done: 5, total: 10 });
    show({ type: 'warning', message: 'No record.' });
    expect(states).toEqual([expect.objectContaining({ fraction: 0.5, detail: '5/10' })]);
    expect(lines).toEqual(['warning: No record.']);
  });

  it('says which fold a further fit is of', () => {
    const { show, states } = shown();
    show({ type: 'begun', ...place, resumed: false });
    show(running({ type: 'fold', fold: 1, folds: 3 }, null, null));
    show(running(step, null, null));
    show(running({ type: 'scoring', done: 1, total: 4 }, null, null));
    expect(states.map(({ detail }) => detail?.split(',').slice(0, 2).join(','))).toEqual([
      'fold 1 of 3, training',
      expect.stringMatching(/^scoring test images 1\/4/),
    ]);
    // Of its run the model's own fit is done, one of four, and most of the first fold.
    expect(states[0]?.fraction).toBeGreaterThan((1 + 1.6 / 4) / 4);
    expect(states[0]?.fraction).toBeLessThan((1 + 2 / 4) / 4);
  });

  it('names the stages of a model that has several, and shows looking at images before and after training', () => {
    const { show, states } = shown();
    show({ type: 'begun', ...place, resumed: false });
    show(running({ type: 'started', folder: 'run', stages: ['moments', 'students'] }, null, null));
    const looking: RunEvent = { type: 'looking', stage: 'moments', done: 1, total: 4 };
    show(running(looking, null, null));
    show(running(step, null, null));
    show(running(looking, null, null));
    expect(states.map(({ detail }) => detail)).toEqual([
      'looking at nominal images (moments) 1/4',
      'training (students), epoch 2/2, 30s left of this run',
      'looking at nominal images (moments) 1/4',
    ]);
    expect(states.map(({ fraction }) => fraction)).toEqual(
      [0.05, 0.05 + 0.9 * 0.75, 0.95].map((part) => (1 + part) / 4),
    );
  });

  it('says how much of all runs is done and left, as far as that is known', () => {
    const { show, states, clock } = shown();
    show({ type: 'begun', ...place, resumed: false });
    clock.milliseconds = 10_000;
    const images: RunEvent = { type: 'images', done: 5, total: 9 };
    show(running(images, null, null));
    show(running(images, 40, 60));
    show(running(step, null, null));
    show(running(step, 40, 60));
    expect(states.map(({ detail }) => detail)).toEqual([
      'reading images 5/9',
      'reading images 5/9, about 1m 30s left',
      'training, epoch 2/2, 30s left of this run',
      'training, epoch 2/2, about 1m 30s left',
    ]);
    // Of four runs one is done, and of the second training, nine tenths of a run, to three quarters.
    expect(states.map(({ fraction }) => fraction)).toEqual([
      ...[0.25, 0.25],
      ...Array(2).fill((1 + 0.05 + 0.9 * 0.75) / 4),
    ]);
  });

  it('shows each of several runs at a time, and what is left of all', () => {
    const { show, states, lines, clock } = shown();
    show({ type: 'planned', total: 4, complete: 1, jobs: 2 });
    const other = { ...cell, category: 'nut', folder: 'fvv/nut/43' } as Cell;
    const second = { cell: other, number: 3, total: 4 };
    show({ type: 'begun', ...place, resumed: false });
    show({ type: 'begun', ...second, resumed: false });
    clock.milliseconds = 10_000;
    show(running(step, 40, 60));
    show({ ...running(step, 40, 60), ...second, event: { ...step, secondsLeft: 20 } } as BenchmarkEvent);
    expect(lines[0]).toBe('4 runs, 1 of them complete already, 2 at a time');
    // 30 and 20 seconds of these two and 60 of the last one are left for two at a time.
    expect(states.at(-1)).toMatchObject({
      task: '[3/4] fvv, nut, seed 43',
      lines: [
        { task: '1 of 4 done', detail: 'about 55s left' },
        { task: '[2/4] fvv, screw, seed 43', detail: 'training, epoch 2/2' },
        { task: '[3/4] fvv, nut, seed 43', detail: 'training, epoch 2/2' },
      ],
    });
    show({ type: 'ended', ...place, outcome: { ...cell, status: 'failed', reason: 'The disk is full.' } });
    clock.milliseconds = 15_000;
    show({ ...running(step, 40, 0), ...second, event: { ...step, secondsLeft: 20 } } as BenchmarkEvent);
    // The one that runs ends last.
    expect(states.at(-1)?.lines?.map(({ task, detail }) => [task, detail])).toEqual([
      ['2 of 4 done', 'about 20s left'],
      ['[3/4] fvv, nut, seed 43', 'training, epoch 2/2'],
    ]);
  });
});
