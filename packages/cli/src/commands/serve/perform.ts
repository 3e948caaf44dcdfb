/** What `adfw serve` does. */
import { ConfigurationError } from '@adfw/core';
import { type EngineInfo, readManifest } from '@adfw/runner';
import {
  checkServerOptions,
  type Limits,
  logLevels,
  type Serving,
  type ServingTask,
  startProcesses,
  startServing,
} from '@adfw/server';
import { type EngineFlags, engineChoice } from '../../shared/engine-choice.js';
import { choiceOf, numberOf } from '../../shared/flag-value.js';
import { formatScore, shellCommand } from '../../shared/format.js';
import { interruptible } from '../../shared/interruption.js';
import { progressView } from '../../shared/progress-view.js';
import { type NamedRun, namedRuns } from './named-runs.js';

export interface ServeFlags extends EngineFlags {
  host?: string | undefined;
  port?: string | undefined;
  token?: string | undefined;
  'allowed-host'?: string[] | undefined;
  threshold?: string | undefined;
  'log-level'?: string | undefined;
  queue?: string | undefined;
  batch?: string | undefined;
  'max-body'?: string | undefined;
  'max-images'?: string | undefined;
  'max-pixels'?: string | undefined;
  timeout?: string | undefined;
  processes?: string | undefined;
}

/** Where the server is, for those who started it. */
export interface ServeAddress {
  url: string;
  host: string;
  /** The real one, where 0 was asked for. */
  port: number;
  /** Of the process that was started; it ends the others when it is told to end. */
  pid: number;
  /** What serves: that process itself, or with --processes those that it started. */
  processes: readonly number[];
  /** In the order in which they were named; null: there are no verdicts. */
  models: readonly { name: string; run: string; threshold: number | null }[];
  /** Of the first model. */
  threshold: number | null;
  engine: EngineInfo;
}

/** A shorter one can be guessed by trying. */
const SHORT_TOKEN = 16;

/**
 * Serves until a signal ends it.
 * @param announce called once images can be sent.
 * @throws ConfigurationError where a flag is wrong, there is no model, two have one name, or the address cannot be had; Error where the
 * scoring thread dies.
 */
export async function performServe(
  args: readonly string[],
  flags: ServeFlags,
  announce: (address: ServeAddress, text: string) => void,
): Promise<void> {
  const engine = engineChoice(flags);
  const { logLevel, ...options } = serverOptions(flags);
  const processes = limitOf('--processes', flags.processes ?? '1', 'a whole number from 1 on', isCount);
  const progress = progressView();
  try {
    await interruptible(async (signal) => {
      progress.update({ task: args.length === 1 ? 'Loading the model' : 'Loading the models' });
      // What can be wrong with the arguments shows before an engine starts.
      const runs = namedRuns(args);
      if (options.threshold !== undefined && runs.length > 1)
        throw new ConfigurationError(
          '--threshold is that of one model, and several are to be served: set that of a run with adfw threshold RUN SCORE.',
        );
      for (const { run } of runs) await readManifest(run);
      await checkServerOptions(options);
      const task: ServingTask = { runs, engine, options, logLevel };
      const onNote = (message: string) => progress.warn(message);
      const serving = await (processes === 1
        ? startServing(task, { signal })
        : startProcesses(task, processes, { signal, onNote }));
      try {
        signal.throwIfAborted();
        for (const [index, { threshold }] of serving.models.entries())
          if (threshold === null) progress.warn(withoutThreshold((runs[index] as NamedRun).run));
        if (options.token !== undefined && options.token.length < SHORT_TOKEN)
          progress.warn(`The token is short: ${SHORT_TOKEN} characters or more cannot be guessed.`);
        progress.close();
        const address = addressOf(serving, runs);
        announce(address, announcement(address));
        const died = await Promise.race([serving.failed, aborted(signal)]);
        if (died) throw new Error(`The scoring thread has ended: ${died.message}`, { cause: died });
        progress.note('Finishing the requests in flight');
      } finally {
        await serving.close();
      }
    });
  } finally {
    progress.close();
  }
}

const withoutThreshold = (run: string): string =>
  `The model of ${run} has no threshold, since no nominal image was held out, so there are no verdicts. Set one with ${shellCommand(['adfw', 'threshold', run, 'SCORE'])}, or give --threshold SCORE.`;

function addressOf({ url, host, port, pids, models }: Serving, runs: readonly NamedRun[]): ServeAddress {
  const [{ threshold, engine }] = models as [Serving['models'][number]];
  return {
    ...{ url, host, port, pid: process.pid, processes: pids },
    models: models.map(({ name, threshold }, index) => ({
      name,
      run: (runs[index] as NamedRun).run,
      threshold,
    })),
    ...{ threshold, engine },
  };
}

function announcement({ url, models, threshold, processes }: ServeAddress): string {
  const [{ run }] = models as [ServeAddress['models'][number]];
  const what = models.length === 1 ? run : models.map(({ name }) => name).join(', ');
  const atThreshold =
    models.length === 1 && threshold !== null ? `, threshold ${formatScore(threshold)}` : '';
  const by = processes.length > 1 ? `, in ${processes.length} processes` : '';
  return `Serving ${what} on ${url}${atThreshold}${by}`;
}

const aborted = (signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null));
  });

function serverOptions(flags: ServeFlags) {
  const { host } = flags;
  const token = flags.token ?? process.env.ADFW_TOKEN;
  const level =
    flags['log-level'] === undefined ? 'error' : choiceOf('--log-level', flags['log-level'], logLevels);
  return {
    ...(host !== undefined && { host }),
    ...(flags.port !== undefined && { port: portOf(flags.port) }),
    ...(token !== undefined && { token }),
    ...(flags['allowed-host'] && { allowedHosts: flags['allowed-host'] }),
    ...(flags.threshold !== undefined && { threshold: numberOf('--threshold', flags.threshold) }),
    logLevel: level,
    limits: limitsOf(flags),
  };
}

function portOf(value: string): number {
  const what = 'a whole number from 0 to 65535';
  const port = numberOf('--port', value, what);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new ConfigurationError(`--port must be ${what}; found "${value}".`);
}

function limitsOf(flags: ServeFlags): Partial<Limits> {
  const count = (flag: 'queue' | 'batch' | 'max-images' | 'max-pixels') => {
    const value = flags[flag];
    return value === undefined ? undefined : limitOf(`--${flag}`, value, 'a whole number from 1 on', isCount);
  };
  const positive = (flag: 'max-body' | 'timeout') => {
    const value = flags[flag];
    return value === undefined ? undefined : limitOf(`--${flag}`, value, 'a number above 0', (n) => n > 0);
  };
  const body = positive('max-body');
  const limits = {
    queue: count('queue'),
    batch: count('batch'),
    bodyBytes: body === undefined ? undefined : Math.ceil(body * 2 ** 20),
    images: count('max-images'),
    pixels: count('max-pixels'),
    timeout: positive('timeout'),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

const isCount = (value: number) => Number.isInteger(value) && value >= 1;

function limitOf(flag: string, value: string, what: string, isOne: (value: number) => boolean): number {
  const number = numberOf(flag, value, what);
  if (isOne(number)) return number;
  throw new ConfigurationError(`${flag} must be ${what}; found "${value}".`);
}
