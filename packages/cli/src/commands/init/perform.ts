/** What `adfw init` does: from flags and answers to an experiment file, with its schema beside it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  ConfigurationError,
  experimentSchema,
  findPart,
  isRecord,
  type JsonRecord,
  openDataset,
  type PartChoice,
  pretrainedSlots,
  type Registry,
  type ResolvedExperiment,
} from '@adfw/core';
import {
  checkFolderOf,
  type DependentDocument,
  type ExperimentRequest,
  type PreparedExperiment,
  prepareExperiment,
  writeFile,
} from '@adfw/runner';
import { shellCommand } from '../../shared/format.js';
import { type InitFlags, requestOf } from './request.js';

export interface InitializedExperiment {
  file: string;
  schema: string;
  experiment: Record<string, unknown>;
}

const schemaName = 'experiment.schema.json';
const defaultMethod = 'stfpm';

/**
 * @throws ConfigurationError for a file that is there, or whose folder is not, and for whatever `adfw run` would refuse of the experiment.
 * @throws Interruption where a question is left by Ctrl-C.
 */
export async function initExperiment(
  file: string,
  flags: InitFlags,
  { interactive }: { interactive: boolean },
): Promise<InitializedExperiment> {
  checkFile(file);
  await checkFolderOf(file);
  const { askExperiment } = await import('./questions.js');
  const answers = interactive ? await askExperiment(flags) : {};
  const given: InitFlags = { method: defaultMethod, ...flags, ...answers };
  const request = requestOf(given);
  const prepared = await prepareExperiment(request);
  const { registry, experiment } = prepared;
  // That a folder is wrong shows now, not when it is run.
  if (experiment.dataset) await openDataset(registry, experiment);
  const document = {
    $schema: `./${schemaName}`,
    ...(request.plugins?.length ? { plugins: request.plugins } : {}),
    ...(await written(prepared, request)),
  };
  const schema = join(dirname(file), schemaName);
  await writeSchema(schema, registry);
  await writeFile(file, jsonOf(document));
  return { file, schema, experiment: document };
}

function checkFile(file: string): void {
  if (!file.endsWith('.json') || basename(file) === schemaName)
    throw new ConfigurationError(
      `${file} cannot be the experiment file: choose a name that ends in .json, other than ${schemaName}, as in screw.json.`,
    );
  if (existsSync(file))
    throw new ConfigurationError(
      `${file} is there already, and is not overwritten. Name another file, as in ${shellCommand(['adfw', 'init', 'another.json'])}.`,
    );
}

/**
 * The keys that people look for in an experiment file first, and whatever flags say, in the words in which they were given, since
 * their paths are relative; the rest are defaults, which the schema shows.
 */
async function written(
  { registry, experiment }: PreparedExperiment,
  { overrides = [], plugins = [] }: ExperimentRequest,
): Promise<JsonRecord> {
  const { method, dataset, images, model, fit, seed } = experiment;
  const networks = pretrainedSlots(registry, model).map((slot) => [
    slot,
    shown(registry, 'backbone', model[slot] as PartChoice, ['weights']),
  ]);
  const { training } = model;
  const chosen: JsonRecord = {
    method,
    ...(dataset && { dataset: shown(registry, 'dataset', dataset, []) }),
    images: { size: images.size },
    model: {
      ...Object.fromEntries(networks),
      ...(isRecord(training) && { training: { epochs: training.epochs } }),
    },
    fit: { batchSize: fit.batchSize },
    seed,
  };
  const document = overrides.reduce<JsonRecord>(
    (lower, { document }) => merged(lower, documentOf(document, experiment, registry)),
    chosen,
  );
  // The built-in sample has settings of its own for some methods.
  const again = await prepareExperiment({ overrides: [{ source: 'the file', document }], plugins });
  return merged(document, difference(experiment, again.experiment) as JsonRecord);
}

const documentOf = (document: unknown, experiment: ResolvedExperiment, registry: Registry): JsonRecord =>
  typeof document === 'function'
    ? (document as DependentDocument)({ ...experiment }, registry)
    : (document as JsonRecord);

const merged = (lower: JsonRecord, higher: JsonRecord): JsonRecord => ({
  ...lower,
  ...Object.fromEntries(
    Object.entries(higher).map(([key, value]) => {
      const below = lower[key];
      return [key, isRecord(below) && isRecord(value) ? merged(below, value) : value];
    }),
  ),
});

/** What `wanted` has that `found` has not, or has otherwise. */
const difference = (wanted: object, found: object): JsonRecord =>
  Object.fromEntries(
    Object.entries(wanted).flatMap(([key, value]) => {
      const there = (found as JsonRecord)[key];
      if (JSON.stringify(value) === JSON.stringify(there)) return [];
      return [[key, isRecord(value) && isRecord(there) ? difference(value, there) : value]];
    }),
  );

/** A part with the options that differ from their defaults, and those that are always shown. */
function shown(
  registry: Registry,
  kind: 'dataset' | 'backbone',
  { type, ...options }: PartChoice,
  always: readonly string[],
): JsonRecord {
  const schemas = findPart(registry, kind, type).part.options ?? {};
  const kept = Object.entries(options).filter(
    ([name, value]) =>
      always.includes(name) || JSON.stringify(value) !== JSON.stringify(schemas[name]?.default),
  );
  return { type, ...Object.fromEntries(kept) };
}

/** The file is ours to renew; another's of that name is not. */
async function writeSchema(path: string, registry: Registry): Promise<void> {
  const schema = experimentSchema(registry);
  const existing = await readFile(path, 'utf8').catch(() => undefined);
  if (existing !== undefined && titleOf(existing) !== schema.title)
    throw new ConfigurationError(
      `${path} is another file's schema, and is not overwritten. Move it, or write the experiment in another folder.`,
    );
  await writeFile(path, jsonOf(schema));
}

function titleOf(text: string): unknown {
  try {
    return JSON.parse(text).title;
  } catch {
    return undefined;
  }
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export const initializedText = ({ file, schema }: InitializedExperiment): string =>
  [
    `The experiment is in ${file}, its schema in ${schema}. Next:`,
    `  ${shellCommand(['adfw', 'run', '--config', file])}`,
  ].join('\n');
