/** What `adfw serve` does. */
import { ConfigurationError } from '@adfw/core';
import { createScoringWorker, type EngineInfo, readManifest } from '@adfw/runner';
import { checkServerOptions, type Limits, logLevels, type PredictionServer, startServer } from '@adfw/server';
import { type EngineFlags, engineChoice } from '../../shared/engine-choice.js';
import { choiceOf, numberOf } from '../../shared/flag-value.js';
import { formatScore, shellCommand } from '../../shared/format.js';
import { interruptible } from '../../shared/interruption.js';
import { progressView } from '../../shared/progress-view.js';

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
}

/** Where the server is, for those who started it. */
export interface ServeAddress {
  url: string;
  host: string;
  /** The real one, where 0 was asked for. */
  port: number;
  pid: number;
  /** null: there are no verdicts. */
  threshold: number | null;
  engine: EngineInfo;
}

/** A shorter one can be guessed by trying. */
const SHORT_TOKEN = 16;

/**
 * Serves until a signal ends it.
 * @param announce called once images can be sent.
 * @throws ConfigurationError where a flag is wrong, there is no model, or the address cannot be had; Error where the scoring
 * thread dies.
 */
export async function performServe(
  run: string,
  flags: ServeFlags,
  announce: (address: ServeAddress, text: string) => void,
): Promise<void> {
  const engine = engineChoice(flags);
  const options = serverOptions(flags);
  const progress = progressView();
  try {
    await interruptible(async (signal) => {
      progress.update({ task: 'Loading the model' });
      // What can be wrong with the arguments shows before an engine starts.
      const { thresholds } = await readManifest(run);
      await checkServerOptions(options);
      const threshold = options.threshold ?? thresholds.deployed;
      const model = await createScoringWorker(run, { engine: engine.name, ...engine.options });
      let server: PredictionServer | undefined;
      try {
        signal.throwIfAborted();
        progress.update({ task: 'Starting the server' });
        server = await startServer(model, options);
        const { url, host, port, failed } = server;
        if (threshold === null)
          progress.warn(
            `The model has no threshold, since no nominal image was held out, so there are no verdicts. Set one with ${shellCommand(['adfw', 'threshold', run, 'SCORE'])}, or give --threshold SCORE.`,
          );
        if (options.token !== undefined && options.token.length < SHORT_TOKEN)
          progress.warn(`The token is short: ${SHORT_TOKEN} characters or more cannot be guessed.`);
        progress.close();
        announce(
          { url, host, port, pid: process.pid, threshold, engine: model.engine },
          `Serving ${run} on ${url}${threshold === null ? '' : `, threshold ${formatScore(threshold)}`}`,
        );
        const died = await Promise.race([failed, aborted(signal)]);
        if (died) throw new Error(`The scoring thread has ended: ${died.message}`, { cause: died });
        progress.note('Finishing the requests in flight');
      } finally {
        await server?.close();
        await model.close();
      }
    });
  } finally {
    progress.close();
  }
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
    log: { level, stream: process.stderr },
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
