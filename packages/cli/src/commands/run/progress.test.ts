import type { RunEvent } from '@adfw/runner';
import { expect, it } from 'vitest';
import type { ProgressState, ProgressView } from '../../shared/progress-view.js';
import { showRun } from './progress.js';

function watch(events: readonly [seconds: number, event: RunEvent][]) {
  const said: string[] = [];
  const states: ProgressState[] = [];
  const view: ProgressView = {
    update: (state) => states.push(state),
    milestone: (text) => said.push(`milestone: ${text}`),
    finished: (text) => said.push(text),
    note: (text) => said.push(`note: ${text}`),
    warn: (text) => said.push(`warning: ${text}`),
    stepAside: (write) => write(),
    close() {},
  };
  let seconds = 0;
  const show = showRun(view, 'stfpm on cpu', () => seconds * 1000);
  for (const [at, event] of events) {
    seconds = at;
    show(event);
  }
  return { said, states };
}

const step = (epoch: number, step: number): RunEvent => ({
  type: 'step',
  epoch,
  epochs: 2,
  step,
  steps: 2,
  loss: 1.23456,
  imagesPerSecond: 41.7,
  secondsLeft: 12.3,
});
const epoch = (epoch: number): RunEvent => ({
  type: 'epoch',
  epochs: 2,
  record: {
    epoch,
    loss: [1, 2],
    validationLoss: [0.5, 0.7],
    best: [true, true],
    imagesPerSecond: 40,
    seconds: 3,
  },
});

it('says what was done and how long each part took', () => {
  const { said } = watch([
    [1, { type: 'images', done: 1, total: 2 }],
    [2, { type: 'images', done: 2, total: 2 }],
    [5, { type: 'teacher', done: 2, total: 2 }],
    [6, step(1, 2)],
    [7, epoch(1)],
    [9, step(2, 2)],
    [10, epoch(2)],
    [10.5, { type: 'scoring', done: 1, total: 1 }],
    [11.5, { type: 'overlays', done: 1, total: 1 }],
  ]);
  expect(said).toEqual([
    'Read 2 images in 2s',
    "Computed the teacher's features of 2 images in 3s",
    'milestone: Epoch 1/2: loss 1.500, held-out loss 0.6000, 40 images/s, 12s left',
    'milestone: Epoch 2/2: loss 1.500, held-out loss 0.6000, 40 images/s',
    'Trained 2 epochs in 5s',
    'Scored 1 test image in 500ms',
    'Drew 1 overlay in 1s',
  ]);
});

it('says which fold a further fit is of', () => {
  const { said, states } = watch([
    [1, { type: 'fold', fold: 2, folds: 5 }],
    [2, step(1, 2)],
    [3, epoch(1)],
  ]);
  expect(said).toEqual([
    'note: Fold 2 of 5: a further fit, without its images, that scores them',
    'milestone: Fold 2 of 5, epoch 1/2: loss 1.500, held-out loss 0.6000, 40 images/s, 12s left',
  ]);
  expect(states[0]?.detail).toBe('fold 2 of 5, epoch 1/2, loss 1.235, 42 images/s, 12s left');
});

it('shows training as a part of all epochs, with loss, speed and time left', () => {
  const { states } = watch([
    [1, step(1, 1)],
    [2, step(2, 1)],
  ]);
  expect(states).toEqual([
    { task: 'Training', fraction: 0.25, detail: 'epoch 1/2, loss 1.235, 42 images/s, 12s left' },
    { task: 'Training', fraction: 0.75, detail: 'epoch 2/2, loss 1.235, 42 images/s, 12s left' },
  ]);
});

it('passes on what the run says', () => {
  const { said } = watch([
    [0, { type: 'started', folder: 'runs/1' }],
    [0, { type: 'resumed', epoch: 3, seconds: 60 }],
    [0, { type: 'message', message: 'Downloading' }],
    [0, { type: 'warning', message: 'No masks' }],
  ]);
  expect(said).toEqual([
    'note: stfpm on cpu, into runs/1',
    'note: Going on after epoch 3',
    'note: Downloading',
    'warning: No masks',
  ]);
});
