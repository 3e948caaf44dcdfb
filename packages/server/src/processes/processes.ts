/** Serves in several processes on one port: this one hands connections to them in turn, and starts another where one dies. */
import cluster, { type Worker } from 'node:cluster';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '@adfw/core';
import type { MetricsData } from '../server-metrics.js';
import { backOff } from './back-off.js';
import type { FromProcess, ToProcess } from './messages.js';
import type { Serving, ServingInfo, ServingTask } from './serving.js';

/** The built file, also where this one is run from its source. */
const PROCESS = fileURLToPath(new URL('../../dist/node/serve-process.js', import.meta.url));

/** Decoding has threads, too, in each process. */
const MOST_IMAGE_THREADS = 4;

/**
 * What one of several processes is to do: threads of ONNX Runtime are divided, and each has at least one.
 * @param processors of the machine.
 */
export function shareOf(task: ServingTask, count: number, processors = availableParallelism()): ServingTask {
  const { engine, options } = task;
  const { threads = processors } = engine.options;
  const hasThreads = engine.name === 'auto' || engine.name === 'onnxruntime';
  const imageThreads = Math.min(MOST_IMAGE_THREADS, Math.ceil(processors / count));
  return {
    ...task,
    engine: {
      ...engine,
      options: {
        ...engine.options,
        ...(hasThreads && { threads: Math.max(1, Math.floor(threads / count)) }),
      },
    },
    options: { imageThreads, ...options },
  };
}

interface Process {
  readonly worker: Worker;
  /** When it began to serve; null before. */
  since: number | null;
}

export interface ProcessesOptions {
  /** Called with what a person is to know: a process died, another one serves in its place. */
  readonly onNote?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Serves in `count` processes. A request that is in one which dies is lost; the others go on, and another one takes its place, after a while
 * that grows while they die.
 * @throws what one of them throws while they start: ConfigurationError for what is wrong with the task.
 */
export async function startProcesses(
  task: ServingTask,
  count: number,
  { onNote = () => {}, signal }: ProcessesOptions = {},
): Promise<Serving> {
  // What is said on stdout is this process' to say.
  cluster.setupPrimary({ exec: PROCESS, args: [], execArgv: [], stdio: ['ignore', 2, 2, 'ipc'] });
  const share = shareOf(task, count);
  const processes = new Set<Process>();
  const gatherings = gatherer(processes);
  const waits = backOff();
  const timers = new Set<NodeJS.Timeout>();
  let isStopping = false;
  let isStarted = false;
  // Also where a second signal ends this process at once.
  const killAll = () => {
    for (const { worker } of processes) worker.process.kill('SIGKILL');
  };
  process.on('exit', killAll);

  function start(): Promise<ServingInfo> {
    const worker = cluster.fork();
    const started: Process = { worker, since: null };
    processes.add(started);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromProcess) => {
        if ('listens' in message) tell(worker, isStopping ? { stop: true } : { task: share });
        else if ('ready' in message) {
          started.since = performance.now();
          resolve(message.ready);
        } else if ('refused' in message) reject(refusal(message.refused));
        else if ('gather' in message) void gatherings.answer(worker, message.gather);
        else gatherings.take(worker, message.measured, message.metrics);
      });
      worker.on('exit', (code, died) => {
        processes.delete(started);
        gatherings.forget(worker);
        const how = died ?? `exit code ${code}`;
        reject(new Error(`The process ${worker.process.pid} ended by ${how} before it served.`));
        if (isStarted && !isStopping) replace(started, how);
      });
    });
  }

  function replace({ worker, since }: Process, how: string): void {
    const wait = waits.died(since === null ? 0 : performance.now() - since);
    onNote(`The process ${worker.process.pid} ended by ${how}; another one starts in ${wait / 1000} s`);
    const timer = setTimeout(() => {
      timers.delete(timer);
      start().then(
        () => onNote('Another process serves in its place'),
        // It ends, and is replaced in its turn.
        (error: Error) => onNote(error.message),
      );
    }, wait);
    timers.add(timer);
  }

  async function close(): Promise<void> {
    isStopping = true;
    for (const timer of timers) clearTimeout(timer);
    await Promise.all(
      [...processes].map(({ worker }) => {
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        tell(worker, { stop: true });
        return ended;
      }),
    );
    process.off('exit', killAll);
  }

  try {
    // The first shows what is wrong, before there are more.
    const info = await start();
    signal?.throwIfAborted();
    await Promise.all(Array.from({ length: count - 1 }, start));
    signal?.throwIfAborted();
    isStarted = true;
    const pids = [...processes].map(({ worker }) => worker.process.pid as number);
    return { ...info, pids, failed: new Promise(() => {}), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function refusal({ message, isConfiguration }: { message: string; isConfiguration: boolean }): Error {
  return isConfiguration ? new ConfigurationError(message) : new Error(message);
}

/** A process that has just died is told nothing. */
function tell(worker: Worker, message: ToProcess): void {
  if (worker.isConnected()) worker.send(message, () => {});
}

/** Asks all processes for their metrics, for one that was asked for those of all. */
function gatherer(processes: ReadonlySet<Process>) {
  interface Gathering {
    readonly waitsFor: Set<Worker>;
    readonly metrics: MetricsData[];
    readonly done: () => void;
  }
  const open = new Map<number, Gathering>();
  let last = 0;
  function settle(id: number, worker: Worker): void {
    const gathering = open.get(id);
    if (!gathering?.waitsFor.delete(worker) || gathering.waitsFor.size > 0) return;
    open.delete(id);
    gathering.done();
  }
  return {
    /** @param request the number that the process gave it. */
    async answer(worker: Worker, request: number): Promise<void> {
      const id = ++last;
      const asked = [...processes].filter(({ since }) => since !== null).map(({ worker }) => worker);
      const metrics: MetricsData[] = [];
      await new Promise<void>((resolve) => {
        open.set(id, { waitsFor: new Set(asked), metrics, done: resolve });
        for (const other of asked) tell(other, { measure: id });
      });
      tell(worker, { gathered: request, metrics });
    },
    take(worker: Worker, id: number, metrics: MetricsData): void {
      open.get(id)?.metrics.push(metrics);
      settle(id, worker);
    },
    /** Nothing comes of one that has ended. */
    forget(worker: Worker): void {
      for (const id of [...open.keys()]) settle(id, worker);
    },
  };
}
