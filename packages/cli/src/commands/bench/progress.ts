/** What a benchmark reports while it works, as progress a person can follow. */
import type { BenchmarkEvent, Cell } from '@adfw/benchmark';
import type { RunEvent } from '@adfw/runner';
import { count, formatMeasure, formatRemaining, formatSeconds } from '../../shared/format.js';
import type { ProgressState, ProgressView } from '../../shared/progress-view.js';

/** Gives a benchmark's events to a view: a line that stays for each run. */
export function showBenchmark(
  view: ProgressView,
  now = () => performance.now(),
): (event: BenchmarkEvent) => void {
  const said = new Set<string>();
  /** What has begun and not ended, by its folder. */
  const runs = new Map<string, RunningCell>();
  let jobs = 1;
  let ended = 0;
  return (event) => {
    switch (event.type) {
      case 'planned': {
        const { total, complete } = event;
        const done = complete === 0 ? '' : `, ${complete} of them complete already`;
        const atOnce = event.jobs > 1 ? `, ${event.jobs} at a time` : '';
        view.note(`${count(total, 'run')}${done}${atOnce}`);
        jobs = event.jobs;
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
        runs.set(event.cell.folder, runningCell(titleOf(event), now()));
        ended = event.number - runs.size;
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
        const run = runs.get(event.cell.folder);
        if (!run || !follow(run, event.event, now())) break;
        run.ownSeconds = event.ownSeconds;
        view.update(progressOf(event, { runs: [...runs.values()], run, jobs, ended, now: now() }));
        break;
      }
      case 'ended': {
        const since = runs.get(event.cell.folder)?.since ?? now();
        runs.delete(event.cell.folder);
        ended++;
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

interface RunningCell {
  readonly title: string;
  /** Milliseconds of the clock. */
  readonly since: number;
  fold: { readonly fold: number; readonly folds: number } | null;
  stages: readonly string[];
  /** Whether the fit has begun to train: looking at images takes little beside it. */
  trains: boolean;
  state: RunState;
  /** When the state was so. */
  seen: number;
  /** How long runs like it took; null where there are none. */
  ownSeconds: number | null;
}

const runningCell = (title: string, since: number): RunningCell => ({
  title,
  since,
  fold: null,
  stages: [],
  trains: false,
  state: { doing: null, fraction: 0, seconds: null },
  seen: since,
  ownSeconds: null,
});

/** @returns whether there is something new to show. */
function follow(run: RunningCell, event: RunEvent, now: number): boolean {
  if (event.type === 'started') run.stages = event.stages;
  if (event.type === 'step') run.trains = true;
  if (event.type === 'fold') {
    run.fold = event;
    run.trains = false;
  }
  if (event.type === 'scoring') run.fold = null;
  const elapsed = (now - run.since) / 1000;
  const { stages, trains } = run;
  const state = ofFold(stateOf(event, { elapsed, stages, trains }), run.fold);
  if (state.doing === null) return false;
  run.state = state;
  run.seen = now;
  return true;
}

/** Seconds that are left of a run; null where nobody knows. */
function secondsLeft({ state, seen, since, ownSeconds }: RunningCell, now: number): number | null {
  if (state.seconds !== null) return Math.max(0, state.seconds - (now - seen) / 1000);
  return ownSeconds === null ? null : Math.max(0, ownSeconds - (now - since) / 1000);
}

/** Of the run that an event is of; with several at a time, lines of all of them as well. */
function progressOf(
  { laterSeconds, number, total }: BenchmarkEvent & { type: 'running' },
  {
    runs,
    run,
    jobs,
    ended,
    now,
  }: { runs: readonly RunningCell[]; run: RunningCell; jobs: number; ended: number; now: number },
): ProgressState {
  const lefts = runs.map((one) => secondsLeft(one, now));
  const nothingLater = ended + runs.length >= total;
  const overall =
    lefts.includes(null) || (laterSeconds === null && !nothingLater)
      ? null
      : Math.max(...(lefts as number[]), (sum(lefts as number[]) + (laterSeconds ?? 0)) / jobs);
  const left = overall === null ? null : `about ${formatRemaining(overall)} left`;
  const own = secondsLeft(run, now);
  const ownLeft = own === null ? '' : `, ${formatRemaining(own)} left of this run`;
  const fraction = (ended + sum(runs.map(({ state }) => state.fraction))) / total;
  const detail = `${run.state.doing}${left === null ? (number < total ? ownLeft : '') : `, ${left}`}`;
  if (jobs === 1) return { task: run.title, fraction, detail };
  return {
    task: run.title,
    fraction,
    detail,
    lines: [
      { task: `${ended} of ${total} done`, fraction, detail: left ?? '' },
      ...runs.map(({ title, state }) => ({ task: title, detail: state.doing ?? '' })),
    ],
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

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
