/** What a benchmark reports while it works, as progress a person can follow. */
import type { BenchmarkEvent, Cell } from '@adfw/benchmark';
import { isSaid } from '@adfw/runner';
import { count, formatMeasure, formatRemaining, formatSeconds } from '../../shared/format.js';
import type { ProgressState, ProgressView } from '../../shared/progress-view.js';
import { followRun, type RunInProgress, runInProgress } from '../../shared/run-in-progress.js';

/** Gives a benchmark's events to a view: a line that stays for each run. */
export function showBenchmark(
  view: ProgressView,
  now = () => performance.now(),
): (event: BenchmarkEvent) => void {
  const said = new Set<string>();
  /** What has begun and not ended, by its folder. */
  const runs = new Map<string, RunInProgress>();
  /** Whether several runs are done at a time. */
  let several = false;
  let ended = 0;
  return (event) => {
    switch (event.type) {
      case 'planned': {
        const { total, complete } = event;
        const done = complete === 0 ? '' : `, ${complete} of them complete already`;
        const atOnce = event.jobs !== null && event.jobs > 1 ? `, ${event.jobs} at a time` : '';
        view.note(`${count(total, 'run')}${done}${atOnce}`);
        several = event.jobs !== 1;
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
      case 'note':
        view.note(event.message);
        break;
      case 'begun': {
        const { worker } = event;
        const on = worker === undefined ? '' : ` on ${worker}`;
        runs.set(event.cell.folder, runInProgress(`${titleOf(event)}${on}`, now()));
        ended = Math.max(ended, event.number - runs.size);
        view.milestone(
          `${titleOf(event)}: ${event.resumed ? (worker === undefined ? 'going on' : 'taken up') : 'begun'}${on}`,
        );
        break;
      }
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
        if (!run || !followRun(run, event.event, now())) break;
        run.ownSeconds = event.ownSeconds;
        view.update(progressOf(event, { runs: [...runs.values()], run, several, ended, now: now() }));
        break;
      }
      case 'ended': {
        const run = runs.get(event.cell.folder);
        const title = run?.title ?? titleOf(event);
        runs.delete(event.cell.folder);
        ended++;
        const took = formatSeconds((now() - (run?.since ?? now())) / 1000);
        const { outcome } = event;
        if (outcome.status === 'complete')
          view.finished(
            `${title}: image AUROC ${formatMeasure(outcome.report.metrics.imageAuroc)}, in ${took}`,
          );
        else if (outcome.status === 'failed') view.warn(`${title} failed: ${outcome.reason}`);
        break;
      }
    }
  };
}

/** Seconds that are left of a run; null where nobody knows. */
function secondsLeft({ state, seen, since, ownSeconds }: RunInProgress, now: number): number | null {
  if (state.seconds !== null) return Math.max(0, state.seconds - (now - seen) / 1000);
  return ownSeconds === null ? null : Math.max(0, ownSeconds - (now - since) / 1000);
}

/** Of the run that an event is of; with several at a time, lines of all of them as well. */
function progressOf(
  { laterSeconds, number, total }: BenchmarkEvent & { type: 'running' },
  {
    runs,
    run,
    several,
    ended,
    now,
  }: {
    runs: readonly RunInProgress[];
    run: RunInProgress;
    several: boolean;
    ended: number;
    now: number;
  },
): ProgressState {
  const lefts = runs.map((one) => secondsLeft(one, now));
  const nothingLater = ended + runs.length >= total;
  const overall =
    lefts.includes(null) || (laterSeconds === null && !nothingLater)
      ? null
      : Math.max(...(lefts as number[]), (sum(lefts as number[]) + (laterSeconds ?? 0)) / runs.length);
  const left = overall === null ? null : `about ${formatRemaining(overall)} left`;
  const own = secondsLeft(run, now);
  const ownLeft = own === null ? '' : `, ${formatRemaining(own)} left of this run`;
  const fraction = (ended + sum(runs.map(({ state }) => state.fraction))) / total;
  const detail = `${run.state.doing}${left === null ? (number < total ? ownLeft : '') : `, ${left}`}`;
  if (!several) return { task: run.title, fraction, detail };
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

/** `[3/18] stfpm, screw, seed 43`. */
const titleOf = ({ cell, number, total }: { cell: Cell; number: number; total: number }): string =>
  `[${number}/${total}] ${cell.method}, ${cell.category}, seed ${cell.seed}`;
