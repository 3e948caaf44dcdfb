/** What `adfw data` does. */

import { resolve } from 'node:path';
import {
  type Audit,
  type AuditContents,
  type AuditEvent,
  type AuditReport,
  auditDataset,
  estimateRun,
  type Findings,
  type RunEstimate,
  verdict,
} from '@adfw/audit';
import {
  type Composition,
  compose,
  type Dataset,
  imageSizeOf,
  type Registry,
  type ResolvedExperiment,
  resolveExperiment,
  resolvePaths,
  scoredSamples,
} from '@adfw/core';
import { describeUnknownLayout } from '@adfw/datasets-mvtec';
import { checkDataPage, writeDataPage } from '@adfw/report';
import { splitOf, useEngine } from '@adfw/runner';
import { type EngineFlags, engineChoice } from '../../shared/engine-choice.js';
import { wholeNumber } from '../../shared/flag-value.js';
import { count } from '../../shared/format.js';
import type { ProgressView } from '../../shared/progress-view.js';
import { coloursFor } from '../../shared/streams.js';
import { textWidth } from '../../shared/table.js';
import { type OpenedData, openData } from './open.js';
import { type DataRequest, type DataRequestFlags, dataRequest } from './request.js';
import { auditText } from './text.js';

export interface DataFlags extends DataRequestFlags, EngineFlags {
  html?: string | undefined;
  suspicious?: string | undefined;
  'no-estimate'?: boolean | undefined;
}

/** @throws the signal's reason when it is aborted. */
export async function performData(
  path: string | undefined,
  given: DataFlags,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<{ report: AuditReport; text: string }> {
  const { html, suspicious, 'no-estimate': noEstimate = false, json: _, ...flags } = given;
  // A mistyped flag shows before anything is read.
  const engine = engineChoice(flags);
  const most = wholeNumber('--suspicious', suspicious ?? '10');
  if (html !== undefined) await checkDataPage(html);
  const request = await dataRequest(path, flags);
  if (request === null) {
    const report = unknownReport(await describeUnknownLayout(path as string));
    const page = await written(html, report, null, progress, signal);
    return { report, text: textOf(report, null, page) };
  }
  const skipsBadImages = request.experiment.dataset?.skipBadImages === true;
  progress.update({ task: 'Looking at the folder' });
  const data = await openData(request, skipsBadImages, signal);
  if (data.dataset === null) {
    const report = emptyReport(request, data);
    const page = await written(html, report, null, progress, signal);
    return { report, text: textOf(report, request, page) };
  }
  if (most > 0 || !noEstimate) {
    progress.update({ task: 'Starting the engine' });
    await useEngine(engine.name, engine.options);
  }
  const notes = [...data.notes];
  const audit = await withNetwork(request, most, flags.weights, async (looking) =>
    auditDataset({
      dataset: data.dataset as Dataset,
      size: imageSizeOf(request.experiment),
      ...(looking && { suspicious: looking }),
      onProgress: showAudit(progress),
      signal,
    }),
  );
  const estimate = noEstimate ? null : await estimated(request, data.dataset, audit, notes, progress, signal);
  const contents: AuditContents = { ...audit.contents, estimate };
  const report = fullReport(request, { ...data, notes }, contents, skipsBadImages);
  const page = await written(html, report, data.dataset, progress, signal);
  return { report, text: textOf(report, request, page) };
}

const textOf = (report: AuditReport, request: DataRequest | null, page: string | null = null): string =>
  auditText(report, {
    method: request?.experiment.method ?? null,
    page,
    colours: coloursFor(process.stdout),
    width: textWidth(process.stdout),
  });

const head = { format: 'adfw-data', version: 1 } as const;

const unknownReport = (error: string): AuditReport => ({
  ...head,
  usable: false,
  errors: [error],
  warnings: [],
  notes: [],
  layout: { dataset: null, by: 'folder', fits: false, options: {}, flags: [] },
  categories: null,
  contents: null,
});

function emptyReport(request: DataRequest, { categories, errors, notes }: OpenedData): AuditReport {
  return {
    ...head,
    usable: errors.length === 0,
    errors,
    warnings: [],
    notes,
    layout: layoutOf(request, errors.length === 0, null),
    categories,
    contents: null,
  };
}

function fullReport(
  request: DataRequest,
  { errors, notes, category }: OpenedData,
  contents: AuditContents,
  skipsBadImages: boolean,
): AuditReport {
  const found = verdict(contents satisfies Findings, skipsBadImages);
  const all = [...errors, ...found.errors];
  return {
    ...head,
    usable: all.length === 0,
    errors: all,
    warnings: found.warnings,
    notes,
    layout: layoutOf(request, true, category),
    categories: null,
    contents,
  };
}

function layoutOf(
  { experiment, by, flags }: DataRequest,
  fits: boolean,
  only: string | null,
): AuditReport['layout'] {
  const { type, ...options } = experiment.dataset as { type: string };
  const category = only ?? (options as { category?: string | null }).category ?? null;
  return {
    dataset: type,
    by,
    fits,
    options: { ...options, ...(category !== null && { category }) },
    flags: [...flags, ...(category === null ? [] : ['--category', category])],
  };
}

const tasks = {
  images: { doing: 'Reading images', done: (total: number) => `Read ${count(total, 'image')}` },
  comparing: { doing: 'Comparing images', done: (total: number) => `Compared ${count(total, 'image')}` },
} as const;

function showAudit(progress: ProgressView): (event: AuditEvent) => void {
  return ({ type, done, total }) => {
    const task = tasks[type];
    progress.update({ task: task.doing, fraction: total > 0 ? done / total : 1, detail: `${done}/${total}` });
    if (done === total) progress.finished(task.done(total));
  };
}

/** The layers that the network that comes along has. */
const LAYERS = ['layer1', 'layer2', 'layer3'];

/** Gives `work` a network to look at images with, where some are to be listed. */
async function withNetwork<T>(
  { registry, experiment }: DataRequest,
  most: number,
  weights: unknown,
  work: (looking: Parameters<typeof auditDataset>[0]['suspicious'] | null) => Promise<T>,
): Promise<T> {
  if (most === 0) return work(null);
  const { size } = experiment.images;
  const backbone = { type: 'resnet18', weights: typeof weights === 'string' ? weights : 'built-in' };
  const document = {
    method: 'mahalanobis',
    images: { size },
    model: { backbone, layers: LAYERS },
    seed: experiment.seed,
  };
  const looking = resolveExperiment({
    registry,
    layers: [{ source: 'the look at nominal images', document }],
  });
  const { model, dispose } = await compose(
    registry,
    resolvePaths(looking, registry, (path) => resolve(path)),
  );
  try {
    const network = `${backbone.type}, ${backbone.weights} weights, ${LAYERS.join(', ')}`;
    return await work({ model, network, most, seed: experiment.seed });
  } finally {
    dispose();
  }
}

/** What a run of the method would take; a note where that cannot be told. */
async function estimated(
  { registry, experiment }: DataRequest,
  dataset: Dataset,
  { samples, readingSeconds }: Audit,
  notes: string[],
  progress: ProgressView,
  signal: AbortSignal,
): Promise<RunEstimate | null> {
  if (samples.length === 0) return null;
  progress.update({ task: `Trying ${experiment.method} on a batch` });
  let composition: Composition | undefined;
  try {
    composition = await composedWithoutWeights(registry, experiment, signal);
    const split = splitOf(dataset, experiment);
    const counts = {
      train: split.train.length,
      heldOut: split.validation.length,
      scored: scoredSamples(dataset).length,
    };
    return await estimateRun({ composition, images: samples, counts, readingSeconds, signal });
  } catch (error) {
    signal.throwIfAborted();
    notes.push(`What a run of ${experiment.method} takes cannot be told: ${(error as Error).message}`);
    return null;
  } finally {
    composition?.dispose();
  }
}

/** How long a network takes does not depend on its weights, which may have to be downloaded. */
const composedWithoutWeights = (
  registry: Registry,
  experiment: ResolvedExperiment,
  signal: AbortSignal,
): Promise<Composition> => compose(registry, experiment, { restoring: true, signal });

async function written(
  file: string | undefined,
  report: AuditReport,
  dataset: Dataset | null,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<string | null> {
  if (file === undefined) return null;
  const page = await writeDataPage(file, report, dataset, {
    onProgress: (done, total) =>
      progress.update({ task: 'Drawing pictures', fraction: done / total, detail: `${done}/${total}` }),
    signal,
  });
  return `${page.file} (${(page.bytes / 2 ** 20).toFixed(1)} MiB)`;
}
