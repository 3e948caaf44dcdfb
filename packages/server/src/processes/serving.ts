/** From runs on the disk to a server that answers. */
import { createScoringWorker, type EngineInfo, type EngineName, type EngineOptions } from '@adfw/runner';
import { type NamedModel, openNamedModel } from '../models/reload.js';
import {
  type LogLevel,
  type PredictionServer,
  type ServerOptions,
  startServer,
} from '../prediction-server.js';

/** What is to be served, and how: plain data, which may be sent to another process. */
export interface ServingTask {
  readonly runs: readonly { readonly name: string; readonly run: string }[];
  readonly engine: { readonly name: EngineName; readonly options: EngineOptions };
  readonly options: Omit<ServerOptions, 'log' | 'gatherMetrics'>;
  /** Of what is logged to stderr. */
  readonly logLevel: LogLevel;
}

/** Where a server is, and what it serves. */
export interface ServingInfo {
  readonly url: string;
  readonly host: string;
  /** The real one, where 0 was asked for. */
  readonly port: number;
  readonly models: readonly {
    readonly name: string;
    readonly threshold: number | null;
    readonly engine: EngineInfo;
  }[];
}

export interface Serving extends ServingInfo {
  /** What serves: this process, or others. */
  readonly pids: readonly number[];
  /** Resolves when nothing can be scored any more, with the reason. */
  readonly failed: Promise<Error>;
  /** Accepts no more connections, answers the requests that have begun, and ends it all. */
  close(): Promise<void>;
}

/**
 * Loads the models of runs and serves them in this process; where a run's folder holds another one later, that is served.
 * @throws what loading one and starting the server throw.
 */
export async function startServing(
  { runs, engine, options, logLevel }: ServingTask,
  { gatherMetrics, signal }: Pick<ServerOptions, 'gatherMetrics'> & { signal?: AbortSignal } = {},
): Promise<Serving & Pick<PredictionServer, 'metrics'>> {
  const models: NamedModel[] = [];
  const closeModels = () => Promise.all(models.map(({ model }) => model.close()));
  try {
    for (const { name, run } of runs) {
      signal?.throwIfAborted();
      const load = () => createScoringWorker(run, { engine: engine.name, ...engine.options });
      models.push(await openNamedModel(name, { run, load }));
    }
    signal?.throwIfAborted();
    const log = { level: logLevel, stream: process.stderr };
    const server = await startServer(models, { ...options, log, ...(gatherMetrics && { gatherMetrics }) });
    return {
      ...server,
      pids: [process.pid],
      async close() {
        await server.close();
        await closeModels();
      },
    };
  } catch (error) {
    await closeModels();
    throw error;
  }
}
