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
  stage: 'students',
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
    stage: 'students',
    epoch,
    loss: { 'student 1': 1, 'student 2': 2 },
    heldOutLoss: { 'student 1': 0.5, 'student 2': 0.7 },
    best: { 'student 1': true, 'student 2': true },
    imagesPerSecond: 40,
    seconds: 3,
  },
});

it('says what was done and how long each part took', () => {
  const { said } = watch([
    [1, { type: 'images', done: 1, total: 2 }],
    [2, { type: 'images', done: 2, total: 2 }],
    [5, { type: 'features', done: 2, total: 2 }],
    [6, step(1, 2)],
    [7, epoch(1)],
    [9, step(2, 2)],
    [10, epoch(2)],
    [10.5, { type: 'scoring', done: 1, total: 1 }],
    [11, { type: 'synthetic', done: 52, total: 52 }],
    [12, { type: 'overlays', done: 1, total: 1 }],
  ]);
  expect(said).toEqual([
    'Read 2 images in 2s',
    'Computed the features of 2 images in 3s',
    'milestone: Epoch 1/2: loss 1.500, held-out loss 0.6000, 40 images/s, 12s left',
    'milestone: Epoch 2/2: loss 1.500, held-out loss 0.6000, 40 images/s',
    'Trained 2 epochs in 5s',
    'Scored 1 test image in 500ms',
    'Scored 13 held-out images, each as it is and with each of 3 drawn defects in 500ms',
    'Drew 1 overlay in 1s',
  ]);
});

it('says where the search for an image is, of a model that searches', () => {
  const { said, states } = watch([
    [1, { type: 'held-out', done: 0, total: 2, search: { done: 25, total: 100 } }],
    [2, { type: 'held-out', done: 2, total: 2 }],
    [3, { type: 'scoring', done: 1, total: 2, search: { done: 50, total: 100 } }],
    [4, { type: 'scoring', done: 2, total: 2 }],
  ]);
  expect(said).toEqual(['Scored 2 held-out images in 2s', 'Scored 2 test images in 2s']);
  expect(states.map(({ detail, fraction }) => [detail, fraction])).toEqual([
    ['0/2, step 25/100', 0.125],
    ['2/2', 1],
    ['1/2, step 50/100', 0.75],
    ['2/2', 1],
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

it('names the stages of a model that has several', () => {
  const { said, states } = watch([
    [0, { type: 'started', folder: 'runs/1', stages: ['standardization', 'students', 'score'] }],
    [1, { type: 'looking', stage: 'standardization', done: 1, total: 2 }],
    [2, { type: 'looking', stage: 'standardization', done: 2, total: 2 }],
    [2, { type: 'resumed', stage: 'students', epoch: 1, seconds: 60 }],
    [3, step(2, 2)],
    [4, epoch(2)],
    [5, { type: 'gathering', stage: 'score', done: 9, total: 9 }],
  ]);
  expect(said).toEqual([
    'note: stfpm on cpu, into runs/1',
    'Looked at 2 nominal images (standardization) in 2s',
    'note: Going on after epoch 1 (students)',
    'milestone: Epoch 2/2 (students): loss 1.500, held-out loss 0.6000, 40 images/s',
    'Trained 2 epochs (students) in 2s',
    'Worked on what was seen (score) in 1s',
  ]);
  expect(states[0]).toMatchObject({ task: 'Looking at nominal images (standardization)', detail: '1/2' });
  expect(states[2]?.task).toBe('Training (students)');
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
    [0, { type: 'started', folder: 'runs/1', stages: ['students'] }],
    [0, { type: 'resumed', stage: 'students', epoch: 3, seconds: 60 }],
    [0, { type: 'message', message: 'Downloading' }],
    [0, { type: 'note', message: 'A sample was kept' }],
    [0, { type: 'warning', message: 'No masks' }],
  ]);
  expect(said).toEqual([
    'note: stfpm on cpu, into runs/1',
    'note: Going on after epoch 3',
    'note: Downloading',
    'note: A sample was kept',
    'warning: No masks',
  ]);
});
