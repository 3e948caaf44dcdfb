/** What `adfw init` does: from flags and answers to an experiment file, with its schema beside it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  ConfigurationError,
  experimentSchema,
  findPart,
  type JsonSchema,
  type PartChoice,
  type Registry,
  type ResolvedExperiment,
} from '@adfw/core';
import { checkFolderOf, type ExperimentRequest, prepareExperiment, writeFile } from '@adfw/runner';
import { experimentLayers } from '../../shared/experiment-flags.js';
import { shellCommand } from '../../shared/format.js';

export interface InitFlags {
  plugin?: readonly string[] | undefined;
  [experimentFlag: string]: unknown;
}

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
  const { registry, experiment } = await prepareExperiment(request);
  await checkDataset(registry, experiment);
  const document = {
    $schema: `./${schemaName}`,
    ...(request.plugins?.length ? { plugins: request.plugins } : {}),
    ...written(registry, experiment, request),
  };
  const schema = join(dirname(file), schemaName);
  await writeSchema(schema, registry);
  await writeFile(file, jsonOf(document));
  return { file, schema, experiment: document };
}

/** The experiment that flags ask for, as `adfw run` understands them. */
export const requestOf = (flags: InitFlags): ExperimentRequest => ({
  overrides: experimentLayers(flags),
  plugins: flags.plugin ?? [],
});

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

/** That a folder is wrong shows now, not when it is run. */
async function checkDataset(
  registry: Registry,
  { dataset, seed, layers }: ResolvedExperiment,
): Promise<void> {
  if (!dataset) return;
  const { type, ...options } = dataset;
  await findPart(registry, 'dataset', type).part.create(options, { seed, layers });
}

/**
 * The keys that people look for in an experiment file first, and whatever flags say; the rest are defaults, which the schema shows.
 */
function written(
  registry: Registry,
  experiment: ResolvedExperiment,
  { overrides = [] }: ExperimentRequest,
): Record<string, unknown> {
  const { method, teacher, dataset, training, seed } = experiment;
  const { epochs, batchSize, optimizer } = training;
  const chosen: Record<string, unknown> = {
    method,
    ...(dataset && { dataset: shown(registry, 'dataset', dataset, ['imageSize']) }),
    teacher: shown(registry, 'backbone', teacher, ['weights']),
    training: { epochs, batchSize },
    seed,
  };
  // Flags in the words in which they were given: their paths are relative.
  for (const { document } of overrides)
    for (const [key, value] of Object.entries(document as Record<string, unknown>))
      chosen[key] = isObject(value) ? { ...(chosen[key] as object), ...value } : value;
  // The sample has settings of its own for some methods.
  const { type, ...options } = shown(registry, 'optimizer', optimizer, []);
  if (dataset?.type === 'sample' && Object.keys(options).length > 0)
    chosen.training = { ...(chosen.training as object), optimizer: { type, ...options } };
  return chosen;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A part with the options that differ from their defaults, and those that are always shown. */
function shown(
  registry: Registry,
  kind: 'dataset' | 'backbone' | 'optimizer',
  { type, ...options }: PartChoice,
  always: readonly string[],
): Record<string, unknown> {
  const schemas: Readonly<Record<string, JsonSchema>> = findPart(registry, kind, type).part.options ?? {};
  const kept = Object.entries(options).filter(([name, value]) => {
    const standard = name === 'standardize' ? false : schemas[name]?.default;
    return always.includes(name) || JSON.stringify(value) !== JSON.stringify(standard);
  });
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
