/** One of several processes that serve on one port (`processes.ts`). */
import { ConfigurationError } from '@adfw/core';
import type { MetricsData } from '../server-metrics.js';
import type { FromProcess, ToProcess } from './messages.js';
import { type Serving, type ServingTask, startServing } from './serving.js';

// Ctrl-C in a terminal, and what ends a service, goes to all processes: the one that was started says when to end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

const say = (message: FromProcess) => process.send?.(message);
const gathering = new Map<number, (metrics: readonly MetricsData[]) => void>();
let gatherings = 0;
const stop = new AbortController();
let isLoading = false;
let serving: Awaited<ReturnType<typeof startServing>> | undefined;

process.on('message', async (message: ToProcess) => {
  if ('task' in message) await serve(message.task);
  else if ('measure' in message)
    say({ measured: message.measure, metrics: (await serving?.metrics()) ?? [] });
  else if ('gathered' in message) {
    gathering.get(message.gathered)?.(message.metrics);
    gathering.delete(message.gathered);
  } else if ('stop' in message) {
    stop.abort();
    if (serving) await end(serving, 0);
    else if (!isLoading) process.exit(0);
  }
});

say({ listens: true });

async function serve(task: ServingTask): Promise<void> {
  isLoading = true;
  try {
    const gatherMetrics = () =>
      new Promise<readonly MetricsData[]>((resolve) => {
        gathering.set(++gatherings, resolve);
        say({ gather: gatherings });
      });
    serving = await startServing(task, { gatherMetrics, signal: stop.signal });
  } catch (error) {
    const { message } = error as Error;
    process.send?.({ refused: { message, isConfiguration: error instanceof ConfigurationError } }, () =>
      process.exit(1),
    );
    return;
  }
  if (stop.signal.aborted) return end(serving, 0);
  const { url, host, port, models, failed } = serving;
  say({ ready: { url, host, port, models } });
  const error = await failed;
  process.stderr.write(
    `${JSON.stringify({ level: 50, pid: process.pid, msg: `the scoring thread has ended: ${error.message}` })}\n`,
  );
  await end(serving, 1);
}

async function end({ close }: Serving, code: number): Promise<void> {
  await close();
  process.exit(code);
}
