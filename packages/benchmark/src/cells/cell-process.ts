/**
 * The process of a cell: it takes one task from the process that started it, and ends. What it needs in memory goes with it,
 * and what kills it leaves the benchmark alive.
 */
import { existsSync } from 'node:fs';
import { compose, openDataset, type Registry, type ResolvedExperiment } from '@adfw/core';
import {
  type EngineInfo,
  type EngineOptions,
  loadRegistry,
  type RunReport,
  readRunEngine,
  resumeExperiment,
  runExperiment,
  runPaths,
  useEngine,
} from '@adfw/runner';
import { type CellMessage, type CellTask, type EngineChoice, STOP } from './cell-task.js';
import { checkRunData } from './check-run-data.js';
import { placedHere, pluginsHere } from './places.js';

const stop = new AbortController();
const abort = () => stop.abort(new Error('The run was stopped.'));
// Ctrl-C reaches all processes of a terminal; a second one is not for waiting.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => (stop.signal.aborted ? process.exit(1) : abort()));
// The process that asked is gone.
process.on('disconnect', abort);
process.on('message', async (message: CellTask | typeof STOP) => {
  if (message === STOP) return abort();
  const answer = await perform(message).catch(
    (error: unknown): CellMessage =>
      error instanceof Error
        ? { type: 'failed', name: error.name, message: error.message }
        : { type: 'failed', name: 'Error', message: String(error) },
  );
  if (process.connected) process.send?.(answer, () => process.exit());
  else process.exit();
});

async function perform(task: CellTask): Promise<CellMessage> {
  switch (task.type) {
    case 'run':
      return { type: 'complete', report: await run(task) };
    case 'check':
      await check(task);
      return { type: 'checked' };
    case 'compare':
      return { type: 'compared', notes: await compare(task) };
  }
}

const compare = ({ runs }: CellTask & { type: 'compare' }): Promise<string[]> =>
  checkRunData(runs, {
    onProgress: (done, total) => send({ type: 'event', event: { type: 'images', done, total } }),
    signal: stop.signal,
  });

async function run({
  experiment,
  folder,
  engine: choice,
  threads,
  places = {},
}: CellTask & { type: 'run' }): Promise<RunReport> {
  const begun = existsSync(runPaths(folder).experiment);
  const begunWith = begun ? await readRunEngine(folder) : null;
  const { name, options } = begunWith === null ? choice : sameEngine(choice, begunWith);
  const engine = await useEngine(name, options, threads);
  const registry = await loadRegistry(pluginsHere(experiment, places));
  const execute = begun ? resumeExperiment : runExperiment;
  return execute({
    registry,
    experiment: placedHere(experiment, registry, places),
    recorded: experiment,
    engine,
    folder,
    signal: stop.signal,
    onProgress: (event) => send({ type: 'event', event }),
  });
}

/** An interrupted run ends with the numbers it would have had only on the engine it was begun with. */
function sameEngine(choice: EngineChoice, { name, provider, threads }: EngineInfo): EngineChoice {
  if (choice.name !== 'auto' && choice.name !== name) return choice;
  if (name !== 'onnxruntime') return { name, options: choice.options };
  return { name, options: { provider: provider as Provider, threads, ...choice.options } };
}
type Provider = NonNullable<EngineOptions['provider']>;

/** Opens every dataset, and makes the model of every method once. */
async function check({ experiments, engine }: CellTask & { type: 'check' }): Promise<void> {
  await useEngine(engine.name, engine.options);
  const seen = new Set<string>();
  const isNew = (what: unknown) => {
    const key = JSON.stringify(what);
    return seen.has(key) ? false : Boolean(seen.add(key));
  };
  for (const { method, experiment } of experiments) {
    const { dataset, seed: _seed, ...others } = experiment;
    const registry = await loadRegistry(experiment.plugins);
    if (isNew(dataset)) await tryDataset(registry, experiment);
    if (isNew(others)) await tryModel(registry, method, experiment);
  }
}

async function tryModel(registry: Registry, method: string, experiment: ResolvedExperiment): Promise<void> {
  try {
    (await compose(registry, experiment, { signal: stop.signal })).dispose();
  } catch (error) {
    if (error instanceof Error) error.message = `${method}: ${error.message}`;
    throw error;
  }
}

async function tryDataset(registry: Registry, { dataset, seed }: ResolvedExperiment): Promise<void> {
  if (!dataset) return;
  // Whether all images can be read is for the runs to find out.
  const quick = 'skipBadImages' in dataset ? { ...dataset, skipBadImages: false } : dataset;
  await openDataset(registry, { dataset: quick, seed }, { signal: stop.signal });
}

function send(message: CellMessage): void {
  if (process.connected) process.send?.(message);
}
