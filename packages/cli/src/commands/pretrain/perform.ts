/** What `adfw pretrain` does. */
import { existsSync } from 'node:fs';
import { ConfigurationError } from '@adfw/core';
import {
  type PretrainingReport,
  preparePretraining,
  pretrainingEngine,
  pretrainingParts,
  pretrainingPaths,
  readPretraining,
  resumePretraining,
  runPretraining,
  useEngine,
} from '@adfw/runner';
import { type EngineFlags, engineChoice } from '../../shared/engine-choice.js';
import { count, formatRate, formatScore, formatSeconds, shellCommand } from '../../shared/format.js';
import { Interruption } from '../../shared/interruption.js';
import type { ProgressView } from '../../shared/progress-view.js';
import { defaultRunFolder } from '../../shared/run-folder.js';
import { pretrainFlagNames, pretrainLayers } from './flags.js';
import { showPretraining } from './progress.js';

export interface PretrainFlags extends EngineFlags {
  out?: string | undefined;
  resume?: string | undefined;
  [option: string]: unknown;
}

/** @throws Interruption that says how to go on, when the signal is aborted. */
export async function performPretrain(
  kind: string | undefined,
  flags: PretrainFlags,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<{ report: PretrainingReport; text: string }> {
  // A mistyped flag shows before anything is loaded.
  engineChoice(flags);
  const { resume, out } = flags;
  const options =
    resume === undefined ? preparePretraining(asked(kind, flags)) : await optionsOf(resume, kind, flags);
  const folder = resume ?? out ?? defaultRunFolder({ method: 'pretrain', dataset: { type: options.kind } });

  progress.update({ task: 'Starting the engine' });
  const begunWith = resume === undefined ? null : await pretrainingEngine(folder);
  const choice = engineChoice(flags, begunWith);
  const engine = await useEngine(choice.name, choice.options);
  progress.update({ task: 'Loading the networks and the images' });
  const execute = resume === undefined ? runPretraining : resumePretraining;
  const onProgress = showPretraining(progress, `Training a teacher (${options.kind}) on ${engine.name}`);
  const report = await execute({ options, engine, folder, onProgress, signal }).catch((error) => {
    throw signal.aborted && existsSync(pretrainingPaths(folder).options)
      ? new Interruption(
          (signal.reason as Interruption).signal,
          `Go on with: ${shellCommand(['adfw', 'pretrain', '--resume', folder])}`,
        )
      : error;
  });
  return { report, text: reportText(report) };
}

function asked(kind: string | undefined, flags: PretrainFlags) {
  if (kind === undefined) {
    const kinds = pretrainingParts.map(({ name, summary }) => `${name} (${summary})`);
    throw new ConfigurationError(`Say what is to be trained: ${kinds.join(' ')}`);
  }
  return [{ source: 'KIND', document: { kind } }, ...pretrainLayers(flags)];
}

function optionsOf(folder: string, kind: string | undefined, flags: PretrainFlags) {
  const given = [
    ...(kind === undefined ? [] : [kind]),
    ...[...pretrainFlagNames, 'out'].filter((name) => flags[name] !== undefined).map((name) => `--${name}`),
  ];
  if (given.length > 0)
    throw new ConfigurationError(
      `--resume takes everything from the folder: leave out ${given.join(', ')}, or start a new training without --resume.`,
    );
  return readPretraining(folder);
}

function reportText({ loss, terms, weights, timings, images, outputDir }: PretrainingReport): string {
  const byTerm = Object.entries(terms).map(([name, value]) => `${name} ${formatScore(value)}`);
  const learntFrom = images.map(({ name, count: many, skipped }) =>
    [`${count(many, 'image')} (${name})`, ...(skipped > 0 ? [`${skipped} left out`] : [])].join(', '),
  );
  return [
    `Trained in ${formatSeconds(timings.trainSeconds)} on ${learntFrom.join(' and ')}, ${formatRate(timings.trainImagesPerSecond)} pieces a second.`,
    `Loss at the end: ${formatScore(loss)} (${byTerm.join(', ')}).`,
    `${pretrainingPaths(outputDir).weights} holds ${count(weights.parameters, 'number')} in ${(weights.bytes / 2 ** 20).toFixed(1)} MiB.`,
  ].join('\n');
}
