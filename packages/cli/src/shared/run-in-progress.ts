/** What a run is doing, from its events: for a command that shows one of several. */
import type { RunEvent } from '@adfw/runner';

export interface RunInProgress {
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

export const runInProgress = (title: string, since: number): RunInProgress => ({
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
export function followRun(run: RunInProgress, event: RunEvent, now: number): boolean {
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
