/** What `adfw run` does. */
import { existsSync } from 'node:fs';
import {
  ConfigurationError,
  isRecord,
  pretrainedSlots,
  type Registry,
  type ResolvedExperiment,
  spanned,
} from '@adfw/core';
import { runPictures } from '@adfw/report';
import {
  type Profiler,
  prepareExperiment,
  type RunProfile,
  type RunReport,
  readRunEngine,
  refuseOtherProfile,
  resumeExperiment,
  runExperiment,
  runPaths,
  saveProfile,
  startProfile,
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
import { profileText } from './profile-text.js';
import { showRun } from './progress.js';
import { experimentRequest, type RequestFlags } from './request.js';
import { reportText } from './text.js';

export interface RunFlags extends RequestFlags, EngineFlags {
  out?: string | undefined;
  pictures?: string | undefined;
  profile?: boolean | undefined;
}

/** With `--profile` it says where the time went. */
export type ProfiledReport = RunReport & { profile?: RunProfile };

/** @throws Interruption that says how to go on, when the signal is aborted. */
export async function performRun(
  flags: RunFlags,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<{ report: ProfiledReport; text: string }> {
  // A mistyped flag shows before anything is loaded.
  engineChoice(flags);
  const drawn = pictureCount(flags.pictures);
  const { registry, experiment } = await prepareExperiment(await experimentRequest(flags));
  const folder = flags.resume ?? flags.out ?? defaultRunFolder(experiment);
  const { anomalyMaps, experiment: experimentFile, maps, metrics, report: reportFile } = runPaths(folder);
  if (flags.profile) await refuseOtherProfile(folder);

  progress.update({ task: 'Starting the engine' });
  const begunWith = flags.resume === undefined ? null : await readRunEngine(folder);
  const { name, options } = engineChoice(flags, begunWith);
  const engine = await useEngine(name, options);
  const isComplete = flags.resume !== undefined && existsSync(metrics);
  if (isComplete) progress.note('The run is complete; this is its result');
  if (flags.profile && isComplete) progress.warn('Nothing is left to do, so there is no profile.');
  const profiler = flags.profile && !isComplete ? await startProfile(engine) : null;
  progress.update({ task: 'Loading the networks and the dataset' });
  const execute = flags.resume === undefined ? runExperiment : resumeExperiment;
  const onProgress = showRun(progress, `${experiment.method} on ${engine.name}`);
  // Going on with a run that is complete gives its result.
  const goOn = async (error: unknown): Promise<never> => {
    profiler?.end();
    if (signal.aborted && existsSync(experimentFile)) await profiled(profiler, folder);
    throw signal.aborted && existsSync(experimentFile)
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
    : await spanned('report', () => reportOfRun(folder, progress, signal, pictures)).catch(goOn);
  const profile = await profiled(profiler, folder);

  const colours = coloursFor(process.stdout);
  const text = reportText(report, {
    experiment,
    untrained: untrainedSlots(registry, experiment),
    hasMaps: existsSync(anomalyMaps) || report.metrics.pixelAuroc !== null,
    page,
    maps: existsSync(maps) ? maps : null,
    colours,
    width: textWidth(process.stdout),
  });
  if (!profile) return { report, text };
  return { report: { ...report, profile: profile.profile }, text: text + profileText(profile, colours) };
}

/** Ends the profile, where there is one, and saves it beside the run's results. */
async function profiled(
  profiler: Profiler | null,
  folder: string,
): Promise<{ profile: RunProfile; file: string } | null> {
  if (!profiler) return null;
  const ended = profiler.end();
  return { profile: ended.profile, file: await saveProfile(folder, ended) };
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
