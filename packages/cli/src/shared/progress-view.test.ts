import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { liveView, plainView, progressLine } from './progress-view.js';

const plain = pc.createColors(false);

describe('progressLine', () => {
  const state = { task: 'Training', fraction: 0.5, detail: 'epoch 1/2' };

  it('fills the bar by the fraction that is done', () => {
    expect(progressLine(state, 80, plain)).toBe(`  Training  ${'━'.repeat(12)}${'─'.repeat(12)}  epoch 1/2`);
    expect(progressLine({ ...state, fraction: 1 }, 80, plain)).toContain('━'.repeat(24));
  });

  it('leaves the bar out where it does not fit, or where nobody knows how much is done', () => {
    expect(progressLine(state, 40, plain)).toBe('  Training  epoch 1/2');
    expect(progressLine({ task: 'Loading' }, 80, plain)).toBe('  Loading');
  });
});

describe('plainView', () => {
  function view() {
    const lines: string[] = [];
    const clock = { time: 0 };
    const stream = { write: (text: string) => lines.push(text) };
    return { lines, clock, view: plainView(stream, { now: () => clock.time }) };
  }

  it('says where the work is every few seconds at most', () => {
    const { lines, clock, view: progress } = view();
    for (let step = 1; step <= 100; step++) {
      clock.time += 100;
      progress.update({ task: 'Reading', detail: `${step}/100` });
    }
    expect(lines).toEqual(['Reading: 30/100\n', 'Reading: 60/100\n', 'Reading: 90/100\n']);
  });

  it('writes lines and milestones always, after which it is quiet again', () => {
    const { lines, clock, view: progress } = view();
    progress.milestone('Epoch 1/2');
    clock.time += 2900;
    progress.finished('Read 3 images');
    clock.time += 2900;
    progress.update({ task: 'Scoring' });
    progress.warn('one is bad');
    expect(lines).toEqual(['Epoch 1/2\n', 'Read 3 images\n', 'Warning: one is bad\n']);
  });
});

describe('liveView', () => {
  function view(options: { piped: boolean }) {
    const screen = { written: '' };
    const write = (text: string) => {
      screen.written += text;
      return true;
    };
    const stream = { columns: 80, rows: 24, isTTY: true, write } as unknown as NodeJS.WriteStream;
    const progress = liveView(stream, options);
    progress.update({ task: 'Scoring', detail: '1/9' });
    screen.written = '';
    progress.stepAside(() => write('a.png 0.5\n'));
    progress.update({ task: 'Scoring', detail: '2/9' });
    return screen.written.split('a.png 0.5\n');
  }
  const eraseLine = '\u001b[2K';

  it('takes its line away while something else is written, and draws it again after that', () => {
    const [cleared, drawn, ...more] = view({ piped: false });
    expect(cleared).toContain(eraseLine);
    expect(drawn).toContain('Scoring  2/9');
    expect(more).toEqual([]);
  });

  it('draws none any more where another program writes it, at a moment of its own', () => {
    const [cleared, drawn] = view({ piped: true });
    expect(cleared).toContain(eraseLine);
    expect(drawn).toBe('');
  });

  it('draws a line for each of several things, as many as there is room for', () => {
    const screen = { written: '' };
    const write = (text: string) => {
      screen.written += text;
      return true;
    };
    const stream = { columns: 80, rows: 6, isTTY: true, write } as unknown as NodeJS.WriteStream;
    const progress = liveView(stream, { piped: false });
    const lines = ['all', 'one', 'two', 'three'].map((task) => ({ task }));
    progress.update({ task: 'one', lines });
    expect(screen.written).toContain('  all\n  one\n  two\n  three');
    screen.written = '';
    progress.update({ task: 'one', fraction: 1, lines: [...lines, { task: 'four' }] });
    expect(screen.written).toContain('  … and 2 more');
    expect(screen.written).not.toContain('four');
  });
});
