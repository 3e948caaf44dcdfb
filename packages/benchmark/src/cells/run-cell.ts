/** Starts the processes that run cells, and waits for what becomes of them. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ConfigurationError, DataError } from '@adfw/core';
import type { RunEvent, RunReport } from '@adfw/runner';
import { type BegunRun, type CellMessage, type CellTask, STOP } from './cell-task.js';

export interface CellOptions {
  readonly onProgress?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}

/** The built file, also where this one is run from its source: a process of Node takes no TypeScript. */
const PROCESS = fileURLToPath(new URL('../../dist/node/cell-process.js', import.meta.url));

/**
 * Runs an experiment in a process of its own, or goes on with it where its folder has been begun.
 * @throws what the run threw; an Error that says how the process ended where it was killed; the signal's reason when it is aborted.
 */
export async function runCell(task: Omit<CellTask & { type: 'run' }, 'type'>, options: CellOptions = {}) {
  const answer = await perform({ type: 'run', ...task }, options);
  return (answer as CellMessage & { type: 'complete' }).report as RunReport;
}

/**
 * Checks, in a process of its own, whether experiments can be run: their engine, models, weights and datasets.
 * @throws ConfigurationError or DataError as a run would at its start.
 */
export async function checkExperiments(
  task: Omit<CellTask & { type: 'check' }, 'type'>,
  options: CellOptions = {},
): Promise<void> {
  await perform({ type: 'check', ...task }, options);
}

/**
 * Finds out, in a process of its own, whether runs are of the images and masks that there are now.
 * @returns what could not be compared, a sentence each.
 * @throws ConfigurationError that names the runs, and what was changed since.
 */
export async function compareData(
  runs: readonly BegunRun[],
  options: CellOptions = {},
): Promise<readonly string[]> {
  const answer = await perform({ type: 'compare', runs }, options);
  return (answer as CellMessage & { type: 'compared' }).notes;
}

function perform(task: CellTask, { onProgress, signal }: CellOptions): Promise<CellMessage> {
  signal?.throwIfAborted();
  const child = fork(PROCESS, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let answer: CellMessage | undefined;
  let lastWords = '';
  child.stdout?.resume();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-4096);
  });
  child.on('message', (message: CellMessage) => {
    if (message.type === 'event') onProgress?.(message.event);
    else answer = message;
  });
  const stop = () => {
    if (child.connected) child.send(STOP);
  };
  signal?.addEventListener('abort', stop);
  return new Promise<CellMessage>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', stop);
      if (answer !== undefined && answer.type !== 'failed') resolve(answer);
      else if (signal?.aborted) reject(signal.reason);
      else reject(answer ? errorOf(answer) : deathOf(code, killedBy, lastWords));
    });
    // An error of sending is followed by the end of the process, which says more.
    child.send(task, () => undefined);
  });
}

function errorOf({ name, message }: CellMessage & { type: 'failed' }): Error {
  if (name === 'ConfigurationError') return new ConfigurationError(message);
  if (name === 'DataError') return new DataError(message);
  return new Error(message);
}

function deathOf(code: number | null, signal: string | null, lastWords: string): Error {
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  const memory = signal === 'SIGKILL' ? ', as the system does when memory runs out' : '';
  const said = lastWords
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const fatal = said.find((line) => /^(FATAL )?\w*Error\b|^FATAL/.test(line)) ?? said.at(-1);
  return new Error(
    `Its process ${how}${memory}${fatal === undefined ? '' : `; it said: ${fatal.slice(0, 300)}`}.`,
  );
}
