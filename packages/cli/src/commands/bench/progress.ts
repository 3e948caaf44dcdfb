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
  let stages: readonly string[] = [];
  /** Whether the fit has begun to train: looking at images takes little beside it. */
  let trains = false;
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
        stages = [];
        trains = false;
        view.milestone(`${titleOf(event)}: ${event.resumed ? 'going on' : 'begun'}`);
        break;
      case 'running': {
        if (isSaid(event.event)) {
          // All runs of a category are on the same images: what is to be said of these is said once.
          const text = `${event.cell.category}: ${event.event.message}`;
          if (said.has(text)) break;
          said.add(text);
          if (event.event.type === 'warning') view.warn(text);
          else view.note(text);
          break;
        }
        const elapsed = (now() - since) / 1000;
        if (event.event.type === 'started') ({ stages } = event.event);
        if (event.event.type === 'step') trains = true;
        if (event.event.type === 'fold') {
          fold = event.event;
          trains = false;
        }
        if (event.event.type === 'scoring') fold = null;
        const { doing, fraction, seconds } = ofFold(stateOf(event.event, { elapsed, stages, trains }), fold);
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

const isSaid = (event: RunEvent): event is RunEvent & { type: 'warning' | 'message' | 'note' } =>
  event.type === 'warning' || event.type === 'message' || event.type === 'note';

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

function stateOf(
  event: RunEvent,
  {
    elapsed,
    stages,
    trains,
  }: { /** Seconds since the run began. */ elapsed: number; stages: readonly string[]; trains: boolean },
): RunState {
  const stage = 'stage' in event && stages.length > 1 ? ` (${event.stage})` : '';
  switch (event.type) {
    case 'step': {
      const { epoch, epochs, step, steps, secondsLeft } = event;
      const trained = (epoch - 1 + step / steps) / epochs;
      const fraction = beforeTraining + (afterTraining - beforeTraining) * trained;
      return { doing: `training${stage}, epoch ${epoch}/${epochs}`, fraction, seconds: secondsLeft };
    }
    case 'images':
    case 'features':
      return { doing: `${tasks[event.type]} ${event.done}/${event.total}`, fraction: 0, seconds: null };
    case 'looking':
    case 'gathering':
      return {
        doing: `${tasks[event.type]}${stage} ${event.done}/${event.total}`,
        fraction: trains ? afterTraining : beforeTraining,
        seconds: null,
      };
    case 'held-out':
    case 'scoring':
    case 'synthetic':
    case 'measuring':
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
  features: 'computing features',
  looking: 'looking at nominal images',
  gathering: 'working on what was seen',
  'held-out': 'scoring held-out images',
  scoring: 'scoring test images',
  synthetic: 'scoring drawn defects',
  measuring: 'measuring scores and maps',
  overlays: 'drawing overlays',
  'anomaly-maps': 'saving anomaly maps',
} as const;
