/** What a run reports while it works, as progress a person can follow. */
import { type ByLearner, type SearchProgress, syntheticDefectKinds } from '@adfw/core';
import type { RunEvent } from '@adfw/runner';
import { count, formatRate, formatRemaining, formatScore, formatSeconds } from '../../shared/format.js';
import type { ProgressView } from '../../shared/progress-view.js';

interface Task {
  doing: string;
  done(total: number): string;
}

const tasks = {
  images: { doing: 'Reading images', done: (total) => `Read ${count(total, 'image')}` },
  looking: {
    doing: 'Looking at nominal images',
    done: (total) => `Looked at ${count(total, 'nominal image')}`,
  },
  gathering: { doing: 'Working on what was seen', done: () => 'Worked on what was seen' },
  features: {
    doing: 'Computing features of images',
    done: (total) => `Computed the features of ${count(total, 'image')}`,
  },
  'held-out': {
    doing: 'Scoring held-out images',
    done: (total) => `Scored ${count(total, 'held-out image')}`,
  },
  scoring: { doing: 'Scoring test images', done: (total) => `Scored ${count(total, 'test image')}` },
  synthetic: { doing: 'Scoring held-out images with drawn defects', done: describeSynthetic },
  measuring: {
    doing: 'Measuring scores and maps',
    done: (total) => `Measured ${count(total, 'scored image')}`,
  },
  'anomaly-maps': {
    doing: 'Saving anomaly maps',
    done: (total) => `Saved ${count(total, 'anomaly map')}`,
  },
  overlays: { doing: 'Drawing overlays', done: (total) => `Drew ${count(total, 'overlay')}` },
} as const satisfies Record<string, Task>;

/** @param total how many times an image was scored. */
function describeSynthetic(total: number): string {
  const kinds = syntheticDefectKinds.length;
  return `Scored ${count(total / (1 + kinds), 'held-out image')}, each as it is and with each of ${kinds} drawn defects`;
}

/**
 * Gives a run's events to a view.
 * @param title what is run, on what.
 */
export function showRun(
  view: ProgressView,
  title: string,
  now = () => performance.now(),
): (event: RunEvent) => void {
  let since = now();
  let left = 0;
  /** `fold 2 of 5, ` while what is shown is of the fit without that fold. */
  let place = '';
  let stages: readonly string[] = [];
  /** ` (flow)`, where the model has other stages too. */
  const named = (stage: string) => (stages.length > 1 ? ` (${stage})` : '');
  const finish = (what: string) => {
    view.finished(`${what} in ${formatSeconds((now() - since) / 1000)}`);
    since = now();
  };
  return (event) => {
    switch (event.type) {
      case 'started':
        ({ stages } = event);
        view.note(`${title}, into ${event.folder}`);
        break;
      case 'images':
      case 'looking':
      case 'gathering':
      case 'features':
      case 'held-out':
      case 'scoring':
      case 'synthetic':
      case 'measuring':
      case 'overlays':
      case 'anomaly-maps': {
        const { done, total } = event;
        const task: Task = tasks[event.type];
        const stage = 'stage' in event ? named(event.stage) : '';
        const { detail, fraction } = progressOf(event);
        view.update({ task: `${task.doing}${stage}`, fraction, detail });
        if (done === total) finish(`${task.done(total)}${stage}`);
        break;
      }
      case 'fold':
        place = `fold ${event.fold} of ${event.folds}, `;
        view.note(
          `Fold ${event.fold} of ${event.folds}: a further fit, without its images, that scores them`,
        );
        break;
      case 'resumed':
        view.note(`Going on after ${place}epoch ${event.epoch}${named(event.stage)}`);
        break;
      case 'step': {
        const { epoch, epochs, step, steps, loss, imagesPerSecond, secondsLeft } = event;
        left = secondsLeft;
        view.update({
          task: `Training${named(event.stage)}`,
          fraction: (epoch - 1 + step / steps) / epochs,
          detail: `${place}epoch ${epoch}/${epochs}, loss ${formatScore(loss)}, ${formatRate(imagesPerSecond)} images/s, ${formatRemaining(secondsLeft)} left`,
        });
        break;
      }
      case 'epoch': {
        const { stage, epoch, loss, heldOutLoss, imagesPerSecond } = event.record;
        const heldOut = heldOutLoss === null ? '' : `, held-out loss ${formatScore(mean(heldOutLoss))}`;
        const speed = `${formatRate(imagesPerSecond)} images/s`;
        const remaining = epoch < event.epochs ? `, ${formatRemaining(left)} left` : '';
        view.milestone(
          `${capitalized(`${place}epoch`)} ${epoch}/${event.epochs}${named(stage)}: loss ${formatScore(mean(loss))}${heldOut}, ${speed}${remaining}`,
        );
        if (epoch === event.epochs) finish(`Trained ${count(epoch, 'epoch')}${named(stage)}`);
        break;
      }
      case 'message':
      case 'note':
        view.note(event.message);
        break;
      case 'warning':
        view.warn(event.message);
        break;
    }
  };
}

/** Of images, and of the search for the next one. */
export function progressOf({ done, total, search }: Searching): { detail: string; fraction: number } {
  const images = `${done}/${total}`;
  if (!search) return { detail: images, fraction: total > 0 ? done / total : 1 };
  return {
    detail: `${images}, step ${search.done}/${search.total}`,
    fraction: (done + search.done / search.total) / total,
  };
}

interface Searching {
  readonly done: number;
  readonly total: number;
  readonly search?: SearchProgress;
}

function mean(byLearner: ByLearner): number {
  const values = Object.values(byLearner);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
