/** What `adfw worker` does. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Places } from '@adfw/benchmark';
import { ConfigurationError } from '@adfw/core';
import type { WorkerEvent } from '@adfw/queue';
import { isSaid } from '@adfw/runner';
import { positiveWhole } from '../../shared/flag-value.js';
import { formatMeasure, formatSeconds } from '../../shared/format.js';
import type { ProgressView } from '../../shared/progress-view.js';
import { queuePackage } from '../../shared/queue-package.js';
import { followRun, type RunInProgress, runInProgress } from '../../shared/run-in-progress.js';

export interface WorkerFlags {
  out?: string | undefined;
  data?: readonly string[] | undefined;
  jobs?: string | undefined;
  threads?: string | undefined;
  scratch?: string | undefined;
  'lost-after'?: string | undefined;
}

/** How many runs came to which end here. */
export interface WorkerSummary {
  complete: number;
  failed: number;
  /** For others to go on with. */
  givenBack: number;
}

/** Works until the signal is aborted. @throws ConfigurationError where it cannot begin, or has to stop. */
export async function performWorker(
  url: string,
  flags: WorkerFlags,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<WorkerSummary> {
  const jobs = flags.jobs === undefined ? 1 : positiveWhole('--jobs', flags.jobs);
  const threads = flags.threads === undefined ? undefined : positiveWhole('--threads', flags.threads);
  const lostAfter = positiveWhole('--lost-after', flags['lost-after'] ?? '30');
  const folder = flags.out === undefined ? undefined : resolve(flags.out);
  const places = placesOf(flags.data ?? []);
  const { workOnCells } = await queuePackage();
  const summary: WorkerSummary = { complete: 0, failed: 0, givenBack: 0 };
  await workOnCells({
    url,
    jobs,
    signal,
    places,
    lostAfterMilliseconds: 1000 * lostAfter,
    scratch: resolve(flags.scratch ?? join(tmpdir(), `adfw-worker-${process.getuid?.() ?? ''}`)),
    ...(folder !== undefined && { folder }),
    ...(threads !== undefined && { threads }),
    onEvent: showWork(progress, summary),
  });
  return summary;
}

/** @throws ConfigurationError where a folder is not there, or a value says nothing. */
export function placesOf(values: readonly string[]): Places {
  let data: string | undefined;
  const moved: { from: string; to: string }[] = [];
  for (const value of values) {
    const [, from, to] = (existsSync(value) ? null : /^([^=]+)=(.+)$/.exec(value)) ?? [
      null,
      undefined,
      value,
    ];
    if (!existsSync(to as string))
      throw new ConfigurationError(`--data ${value}: there is no ${to} on this machine.`);
    if (from !== undefined) moved.push({ from: resolve(from), to: resolve(to as string) });
    else if (data === undefined) data = resolve(to as string);
    else
      throw new ConfigurationError('--data names the folder of the images twice: write FROM=DIR for more.');
  }
  return { ...(data !== undefined && { data }), moved };
}

/** Gives a worker's events to a view: a line that stays for each run. */
export function showWork(
  view: ProgressView,
  summary: WorkerSummary,
  now = () => performance.now(),
): (event: WorkerEvent) => void {
  const runs = new Map<string, RunInProgress>();
  const waiting = () => {
    if (runs.size === 0) view.update({ task: 'Waiting for runs', fraction: 1 });
  };
  return (event) => {
    switch (event.type) {
      case 'waiting':
        view.note(`The worker ${event.name} takes runs from ${event.server}`);
        waiting();
        break;
      case 'warning':
        view.warn(event.message);
        break;
      case 'begun':
        runs.set(event.cell, runInProgress(event.cell, now()));
        view.milestone(`${event.cell}: ${event.resumed ? 'going on' : 'begun'}`);
        break;
      case 'running': {
        const run = runs.get(event.cell);
        // What is to be said of the images is said by the benchmark.
        if (!run || isSaid(event.event) || !followRun(run, event.event, now())) break;
        const lines = [...runs.values()].map(({ title, state }) => ({
          task: title,
          detail: state.doing ?? '',
        }));
        view.update({ task: run.title, detail: run.state.doing ?? '', lines });
        break;
      }
      case 'ended': {
        const took = formatSeconds((now() - (runs.get(event.cell)?.since ?? now())) / 1000);
        runs.delete(event.cell);
        summary.complete++;
        const auroc = formatMeasure(event.report.metrics.imageAuroc);
        view.finished(`${event.cell}: image AUROC ${auroc}, in ${took}`);
        waiting();
        break;
      }
      case 'failed':
        runs.delete(event.cell);
        summary.failed++;
        view.warn(`${event.cell} failed: ${event.reason}`);
        waiting();
        break;
      case 'given-back':
        runs.delete(event.cell);
        summary.givenBack++;
        view.note(`${event.cell}: given back`);
        waiting();
        break;
    }
  };
}
