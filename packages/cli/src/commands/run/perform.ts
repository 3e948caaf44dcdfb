/** What `adfw run` does. */
import { existsSync } from 'node:fs';
import {
  ConfigurationError,
  isRecord,
  pretrainedSlots,
  type Registry,
  type ResolvedExperiment,
} from '@adfw/core';
import { runPictures } from '@adfw/report';
import {
  prepareExperiment,
  type RunReport,
  readRunEngine,
  resumeExperiment,
  runExperiment,
  runPaths,
  useEngine,
} from '@adfw/runner';
import { type EngineFlags, engineChoice } from '../../shared/engine-choice.js';
import { shellCommand } from '../../shared/format.js';
import { Interruption } from '../../shared/interruption.js';
import type { ProgressView } from '../../shared/progress-view.js';
import { defaultRunFolder } from '../../shared/run-folder.js';
import { coloursFor } from '../../shared/streams.js';
import { textWidth } from '../../shared/table.js';
import { reportOfRun } from '../report/perform.js';
import { showRun } from './progress.js';
import { experimentRequest, type RequestFlags } from './request.js';
import { reportText } from './text.js';

export interface RunFlags extends RequestFlags, EngineFlags {
  out?: string | undefined;
  pictures?: string | undefined;
}

/** @throws Interruption that says how to go on, when the signal is aborted. */
export async function performRun(
  flags: RunFlags,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<{ report: RunReport; text: string }> {
  // A mistyped flag shows before anything is loaded.
  engineChoice(flags);
  const drawn = pictureCount(flags.pictures);
  const { registry, experiment } = await prepareExperiment(await experimentRequest(flags));
  const folder = flags.resume ?? flags.out ?? defaultRunFolder(experiment);
  const { anomalyMaps, maps, metrics, report: reportFile } = runPaths(folder);

  progress.update({ task: 'Starting the engine' });
  const begunWith = flags.resume === undefined ? null : await readRunEngine(folder);
  const { name, options } = engineChoice(flags, begunWith);
  const engine = await useEngine(name, options);
  if (flags.resume !== undefined && existsSync(metrics))
    progress.note('The run is complete; this is its result');
  progress.update({ task: 'Loading the networks and the dataset' });
  const execute = flags.resume === undefined ? runExperiment : resumeExperiment;
  const onProgress = showRun(progress, `${experiment.method} on ${engine.name}`);
  // Going on with a run that is complete gives its result.
  const goOn = (error: unknown): never => {
    throw signal.aborted && existsSync(runPaths(folder).experiment)
      ? new Interruption(
          (signal.reason as Interruption).signal,
          `Go on with: ${shellCommand(['adfw', 'run', '--resume', folder])}`,
        )
      : error;
  };
  const pictures = runPictures();
  const report = await execute({
    registry,
    experiment,
    engine,
    folder,
    ...(drawn !== undefined && { pictures: drawn }),
    onProgress,
    watch: pictures.watch,
    signal,
  }).catch(goOn);
  const page = existsSync(reportFile)
    ? reportFile
    : await reportOfRun(folder, progress, signal, pictures).catch(goOn);

  const text = reportText(report, {
    experiment,
    untrained: untrainedSlots(registry, experiment),
    hasMaps: existsSync(anomalyMaps) || report.metrics.pixelAuroc !== null,
    page,
    maps: existsSync(maps) ? maps : null,
    colours: coloursFor(process.stdout),
    width: textWidth(process.stdout),
  });
  return { report, text };
}

function pictureCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new ConfigurationError(`--pictures must be a whole number from 0 on; found "${text}".`);
}

function untrainedSlots(registry: Registry, { model }: ResolvedExperiment): string[] {
  return pretrainedSlots(registry, model).filter((slot) => {
    const choice = model[slot];
    return isRecord(choice) && choice.weights === 'random';
  });
}
