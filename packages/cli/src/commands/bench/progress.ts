/** What a benchmark reports while it works, as progress a person can follow. */
import type { BenchmarkEvent, Cell } from '@adfw/benchmark';
import type { RunEvent } from '@adfw/runner';
import { count, formatMeasure, formatRemaining, formatSeconds } from '../../shared/format.js';
import type { ProgressView } from '../../shared/progress-view.js';

/** Gives a benchmark's events to a view: a line that stays for each run. */
export function showBenchmark(
  view: ProgressView,
  now = () => performance.now(),
): (event: BenchmarkEvent) => void {
  let since = now();
  const said = new Set<string>();
  let fold: { fold: number; folds: number } | null = null;
  return (event) => {
    switch (event.type) {
      case 'planned': {
        const { total, complete } = event;
        const done = complete === 0 ? '' : `, ${complete} of them complete already`;
        view.note(`${count(total, 'run')}${done}`);
        break;
      }
      case 'checking':
        view.update({ task: 'Checking the methods and datasets' });
        break;
      case 'comparing': {
        const { done, total } = event;
        const fraction = total > 0 ? done / total : 1;
        view.update({
          task: 'Comparing the images with those of earlier runs',
          fraction,
          detail: `${done}/${total}`,
        });
        break;
      }
      case 'warning':
        view.warn(event.message);
        break;
      case 'begun':
        since = now();
        fold = null;
        view.milestone(`${titleOf(event)}: ${event.resumed ? 'going on' : 'begun'}`);
        break;
      case 'running': {
        if (event.event.type === 'warning' || event.event.type === 'message') {
          // All runs of a category are on the same images: what is to be said of these is said once.
          const text = `${event.cell.category}: ${event.event.message}`;
          if (said.has(text)) break;
          said.add(text);
          if (event.event.type === 'warning') view.warn(text);
          else view.note(text);
          break;
        }
        const elapsed = (now() - since) / 1000;
        if (event.event.type === 'fold') fold = event.event;
        if (event.event.type === 'scoring') fold = null;
        const { doing, fraction, seconds } = ofFold(stateOf(event.event, elapsed), fold);
        if (doing === null) break;
        const { ownSeconds, laterSeconds, number, total } = event;
        const own = seconds ?? (ownSeconds === null ? null : Math.max(0, ownSeconds - elapsed));
        const overall = (number - 1 + fraction) / total;
        const remaining =
          own === null
            ? ''
            : laterSeconds === null && number < total
              ? `, ${formatRemaining(own)} left of this run`
              : `, about ${formatRemaining(own + (laterSeconds ?? 0))} left`;
        view.update({ task: titleOf(event), fraction: overall, detail: `${doing}${remaining}` });
        break;
      }
      case 'ended': {
        const took = formatSeconds((now() - since) / 1000);
        const { outcome } = event;
        if (outcome.status === 'complete')
          view.finished(
            `${titleOf(event)}: image AUROC ${formatMeasure(outcome.report.metrics.imageAuroc)}, in ${took}`,
          );
        else if (outcome.status === 'failed') view.warn(`${titleOf(event)} failed: ${outcome.reason}`);
        break;
      }
    }
  };
}

/** `[3/18] stfpm, screw, seed 43`. */
const titleOf = ({ cell, number, total }: { cell: Cell; number: number; total: number }): string =>
  `[${number}/${total}] ${cell.method}, ${cell.category}, seed ${cell.seed}`;

interface RunState {
  /** null where there is nothing new to show. */
  doing: string | null;
  /** Of the run; training counts for almost all of it. */
  fraction: number;
  /** What is left of the run; null where nobody knows. */
  seconds: number | null;
}

/** A fold's fit is one of as many as there are folds, after the model's own, and how long the others take nobody knows. */
function ofFold(state: RunState, of: { fold: number; folds: number } | null): RunState {
  if (of === null || state.doing === null) return state;
  const { fold, folds } = of;
  return {
    doing: `fold ${fold} of ${folds}, ${state.doing}`,
    fraction: (fold + state.fraction) / (folds + 1),
    seconds: null,
  };
}

const beforeTraining = 0.05;
const afterTraining = 0.95;

/** @param elapsed seconds since the run began. */
function stateOf(event: RunEvent, elapsed: number): RunState {
  switch (event.type) {
    case 'step': {
      const { epoch, epochs, step, steps, secondsLeft } = event;
      const trained = (epoch - 1 + step / steps) / epochs;
      const fraction = beforeTraining + (afterTraining - beforeTraining) * trained;
      return { doing: `training, epoch ${epoch}/${epochs}`, fraction, seconds: secondsLeft };
    }
    case 'images':
    case 'teacher':
      return { doing: `${tasks[event.type]} ${event.done}/${event.total}`, fraction: 0, seconds: null };
    case 'fitting':
    case 'scoring':
    case 'overlays':
    case 'anomaly-maps':
      return {
        doing: `${tasks[event.type]} ${event.done}/${event.total}`,
        fraction: afterTraining,
        seconds: (elapsed * (1 - afterTraining)) / afterTraining,
      };
    default:
      return { doing: null, fraction: 0, seconds: null };
  }
}

const tasks = {
  images: 'reading images',
  teacher: "the teacher's features",
  fitting: 'measuring nominal images',
  scoring: 'scoring test images',
  overlays: 'drawing overlays',
  'anomaly-maps': 'saving anomaly maps',
} as const;
