/** What a run reports while it works, as progress a person can follow. */
import type { RunEvent } from '@adfw/runner';
import { count, formatRate, formatRemaining, formatScore, formatSeconds } from '../../shared/format.js';
import type { ProgressView } from '../../shared/progress-view.js';

interface Task {
  doing: string;
  done(total: number): string;
}

const tasks = {
  images: { doing: 'Reading images', done: (total) => `Read ${count(total, 'image')}` },
  fitting: {
    doing: 'Measuring nominal images',
    done: (total) => `Measured ${count(total, 'nominal image')}`,
  },
  teacher: {
    doing: "Computing the teacher's features",
    done: (total) => `Computed the teacher's features of ${count(total, 'image')}`,
  },
  scoring: { doing: 'Scoring test images', done: (total) => `Scored ${count(total, 'test image')}` },
  synthetic: {
    doing: 'Scoring synthetic defects',
    done: (total) => `Scored ${count(total, 'image')}, held out, with and without synthetic defects`,
  },
  'anomaly-maps': {
    doing: 'Saving anomaly maps',
    done: (total) => `Saved ${count(total, 'anomaly map')}`,
  },
  overlays: { doing: 'Drawing overlays', done: (total) => `Drew ${count(total, 'overlay')}` },
} as const satisfies Record<string, Task>;

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
  const finish = (what: string) => {
    view.finished(`${what} in ${formatSeconds((now() - since) / 1000)}`);
    since = now();
  };
  return (event) => {
    switch (event.type) {
      case 'started':
        view.note(`${title}, into ${event.folder}`);
        break;
      case 'images':
      case 'fitting':
      case 'teacher':
      case 'scoring':
      case 'synthetic':
      case 'overlays':
      case 'anomaly-maps': {
        const { done, total } = event;
        const task: Task = tasks[event.type];
        view.update({ task: task.doing, fraction: total > 0 ? done / total : 1, detail: `${done}/${total}` });
        if (done === total) finish(task.done(total));
        break;
      }
      case 'fold':
        place = `fold ${event.fold} of ${event.folds}, `;
        view.note(
          `Fold ${event.fold} of ${event.folds}: a further fit, without its images, that scores them`,
        );
        break;
      case 'resumed':
        view.note(`Going on after ${place}epoch ${event.epoch}`);
        break;
      case 'step': {
        const { epoch, epochs, step, steps, loss, imagesPerSecond, secondsLeft } = event;
        left = secondsLeft;
        view.update({
          task: 'Training',
          fraction: (epoch - 1 + step / steps) / epochs,
          detail: `${place}epoch ${epoch}/${epochs}, loss ${formatScore(loss)}, ${formatRate(imagesPerSecond)} images/s, ${formatRemaining(secondsLeft)} left`,
        });
        break;
      }
      case 'epoch': {
        const { epoch, loss, validationLoss, imagesPerSecond } = event.record;
        const heldOut = validationLoss === null ? '' : `, held-out loss ${formatScore(mean(validationLoss))}`;
        const speed = `${formatRate(imagesPerSecond)} images/s`;
        const remaining = epoch < event.epochs ? `, ${formatRemaining(left)} left` : '';
        view.milestone(
          `${capitalized(`${place}epoch`)} ${epoch}/${event.epochs}: loss ${formatScore(mean(loss))}${heldOut}, ${speed}${remaining}`,
        );
        if (epoch === event.epochs) finish(`Trained ${count(epoch, 'epoch')}`);
        break;
      }
      case 'message':
        view.note(event.message);
        break;
      case 'warning':
        view.warn(event.message);
        break;
    }
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
