/** What `adfw bench` does. */

import {
  type BenchmarkReport,
  benchmarkPaths,
  benchmarkTables,
  markdownTables,
  planGrid,
  runBenchmark,
  type Shard,
} from '@adfw/benchmark';
import { ConfigurationError } from '@adfw/core';
import { type EngineFlags, engineChoice } from '../../shared/engine-choice.js';
import { positiveWhole, wholeNumber } from '../../shared/flag-value.js';
import { count } from '../../shared/format.js';
import { Interruption } from '../../shared/interruption.js';
import type { ProgressView } from '../../shared/progress-view.js';
import { queuePackage } from '../../shared/queue-package.js';
import { showBenchmark } from './progress.js';
import { type BenchRequestFlags, benchRequest, defaultBenchFolder, shardNamed } from './request.js';

export interface BenchFlags extends BenchRequestFlags, EngineFlags {
  out?: string | undefined;
  jobs?: string | undefined;
  shard?: string | undefined;
  queue?: string | undefined;
  retries?: string | undefined;
}

/**
 * Failed runs are in the report and the tables.
 * @throws Interruption that says how to go on, when the signal is aborted.
 */
export async function performBench(
  flags: BenchFlags,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<{ report: BenchmarkReport; text: string }> {
  const engine = engineChoice(flags);
  const jobs = flags.jobs === undefined ? 1 : positiveWhole('--jobs', flags.jobs);
  const shard = flags.shard === undefined ? undefined : shardNamed(flags.shard);
  const queueing = queueOf(flags);
  const request = await benchRequest(flags);
  const folder = flags.out ?? defaultBenchFolder(flags.data);
  const show = showBenchmark(progress);
  // Before the images are looked at: nothing is done where there is no queue.
  const queue =
    queueing &&
    (await (
      await queuePackage()
    ).openQueue({
      ...queueing,
      folder,
      onNote: (message, type) => show({ type, message }),
    }));
  const grid = await planGrid(request).catch(async (error) => {
    await queue?.close();
    throw error;
  });
  const report = await runBenchmark({
    grid,
    folder,
    engine,
    jobs,
    ...(shard && { shard }),
    ...(queue && { workers: queue }),
    signal,
    onProgress: show,
  })
    .catch((error) => {
      throw signal.aborted
        ? new Interruption(
            (signal.reason as Interruption).signal,
            queue
              ? 'Workers go on; the same command finds what they have done.'
              : 'The same command goes on where it was stopped.',
          )
        : error;
    })
    .finally(() => queue?.close());
  const failed = report.runs.filter(({ status }) => status === 'failed').length;
  if (failed > 0) {
    process.exitCode = 1;
    progress.warn(
      `${failed} of ${count(report.runs.length, 'run')} failed; the same command tries ${failed === 1 ? 'it' : 'them'} again.`,
    );
  }
  if (shard) return { report, text: shardText(report, shard) };
  const { markdown, csv, latex, report: json } = benchmarkPaths(folder);
  return {
    report,
    text: `${markdownTables(report, benchmarkTables(report))}\nWritten to ${[markdown, csv, latex, json].join(', ')}.`,
  };
}

function shardText({ runs, outputDir }: BenchmarkReport, { index, count: shards }: Shard): string {
  const complete = runs.filter(({ status }) => status === 'complete').length;
  return `Shard ${index}/${shards}: ${complete} of ${count(runs.length, 'run')} complete, in ${outputDir}. The same command without --shard writes the tables.`;
}

/** @throws ConfigurationError for flags that say nothing together. */
function queueOf({ queue, retries, jobs, shard }: BenchFlags): { url: string; retries: number } | undefined {
  if (queue === undefined) {
    if (retries === undefined) return undefined;
    throw new ConfigurationError('--retries is for workers: name their queue with --queue redis://HOST.');
  }
  if (jobs !== undefined || shard !== undefined)
    throw new ConfigurationError(
      `${jobs === undefined ? '--shard' : '--jobs'} and --queue exclude each other: with a queue, workers share the runs (adfw worker ${jobs === undefined ? 'URL' : '--jobs N'}).`,
    );
  return { url: queue, retries: retries === undefined ? 2 : wholeNumber('--retries', retries) };
}
