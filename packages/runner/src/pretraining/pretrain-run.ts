/** Trains a network on images and leaves its weight file behind, with a manifest that says how it was made. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import {
  ConfigurationError,
  createPart,
  type ExperimentLayer,
  type FitEvent,
  findPart,
  fit,
  float32ToFloat16,
  type JsonSchema,
  memoryBudget,
  type Part,
  type Pretraining,
  parseMemory,
  type Registry,
  serializeSafetensors,
  uncheckedRegistry,
} from '@adfw/core';
import { checksum, fileChecksum } from '@adfw/images';
import {
  GENERATED,
  inFullBatches,
  type PretrainingOptions,
  plugin,
  resolvePretraining,
} from '@adfw/pretraining';
import { keepDataRecord } from '../data/data-record.js';
import type { EngineInfo } from '../engine.js';
import { removeLeftovers, writeFile } from '../files/atomic-file.js';
import { whileClaimed } from '../files/folder-claim.js';
import { readJsonFile } from '../files/json-file.js';
import { inNewFolder, refuseUsedDirectory } from '../files/run-directory.js';
import { checkpointEngine, checkpointFolder } from '../run/checkpoint-folder.js';
import { withTrainingLog } from '../run/training-log.js';
import { type ImageOrigin, type LoadedImages, loadPretrainingImages } from './pretraining-images.js';

/** The files and folders that a training leaves behind. */
export const pretrainingPaths = (folder: string) => ({
  folder,
  /** Every option: what {@link resumePretraining} goes on with. */
  options: join(folder, 'pretraining.json'),
  /** The images that it was begun with, by their checksums. */
  data: join(folder, 'data.json'),
  /** A line for each checkpoint. */
  training: join(folder, 'train.jsonl'),
  weights: join(folder, 'weights.safetensors'),
  /** How the weights were made; written last, so a training that has it is complete. */
  manifest: join(folder, 'manifest.json'),
  /** Only while the training is not complete. */
  checkpoint: join(folder, 'checkpoint'),
});

/** `manifest.json`: the same training gives the same manifest, whenever and wherever in the file system it runs. */
export interface PretrainingManifest {
  readonly kind: string;
  /** Every option; of files and folders their names only. */
  readonly options: PretrainingOptions;
  readonly images: readonly ImageOrigin[];
  /** The files that the options name, by option. */
  readonly sources: Readonly<Record<string, { readonly file: string; readonly sha256: string }>>;
  /** Mean over the steps since the last checkpoint but one. */
  readonly loss: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly weights: {
    readonly file: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly parameters: number;
  };
  readonly engine: EngineInfo;
}

/** What `adfw pretrain --json` prints. */
export interface PretrainingReport extends PretrainingManifest {
  readonly timings: { readonly trainSeconds: number; readonly trainImagesPerSecond: number };
  readonly outputDir: string;
}

export type PretrainingRunEvent =
  | FitEvent
  | { type: 'started'; folder: string }
  | { type: 'images'; done: number; total: number }
  | { type: 'message' | 'warning'; message: string };

export interface PretrainingRun {
  options: PretrainingOptions;
  /** What {@link useEngine} gave; it is tfjs' backend already. */
  engine: EngineInfo;
  /** New or empty; {@link resumePretraining} goes on with one. */
  folder: string;
  onProgress?: (event: PretrainingRunEvent) => void;
  signal?: AbortSignal;
}

/**
 * What flags or a file ask for, with the defaults, and paths made absolute.
 * @throws ConfigurationError with every fault.
 */
export function preparePretraining(layers: readonly ExperimentLayer[]): PretrainingOptions {
  const registry = pretrainingRegistry();
  const options = resolvePretraining(registry, layers);
  const { part } = findPart(registry, 'pretraining', options.kind);
  const own = Object.entries(part.options ?? {}).map(([name, schema]) => [
    name,
    namesFile(schema as JsonSchema, options[name]) ? resolve(options[name] as string) : options[name],
  ]);
  const images = options.images.map((source) => (source === GENERATED ? source : resolve(source)));
  return { ...options, ...Object.fromEntries(own), images };
}

/** What can be pretrained. */
const pretrainingRegistry = (): Registry => uncheckedRegistry([plugin]);

/** Whether an option's value is a path: its schema says so, and lists no such name. */
function namesFile(schema: JsonSchema, value: unknown): boolean {
  const alternatives = (schema.anyOf ?? [schema]) as readonly {
    enum?: readonly unknown[];
    format?: string;
  }[];
  return (
    typeof value === 'string' &&
    alternatives.some(({ format }) => format === 'path') &&
    !alternatives.some((alternative) => alternative.enum?.includes(value))
  );
}

/**
 * Trains in a new folder.
 * @throws ConfigurationError before anything was done; DataError for images and weights that cannot be read, a loss that is no
 *   number, and files that cannot be written; the signal's reason when it is aborted, after which {@link resumePretraining} goes
 *   on from the last checkpoint.
 */
export async function runPretraining(run: PretrainingRun): Promise<PretrainingReport> {
  const { folder, options } = run;
  await refuseUsedDirectory(folder);
  return execute(run, (train) =>
    inNewFolder(folder, 'The folder', async () => {
      await writeFile(pretrainingPaths(folder).options, jsonText(options));
      return train();
    }),
  );
}

/**
 * Goes on with an interrupted training, to the result it would have had on the same engine.
 * @throws what {@link runPretraining} does; ConfigurationError also where another process works on the training, it is complete, or
 *   its images are not those it was begun with.
 */
export async function resumePretraining(run: PretrainingRun): Promise<PretrainingReport> {
  const { folder, checkpoint } = pretrainingPaths(run.folder);
  return whileClaimed(folder, async () => {
    refuseComplete(folder);
    await removeLeftovers(folder, checkpoint);
    return execute(run, (train) => train());
  });
}

/**
 * The options of the training in a folder.
 * @throws ConfigurationError where the folder is not one of a training, or the training is complete.
 */
export async function readPretraining(folder: string): Promise<PretrainingOptions> {
  const { options } = pretrainingPaths(folder);
  if (!existsSync(folder)) throw new ConfigurationError(`There is no folder ${folder}.`);
  if (!existsSync(options))
    throw new ConfigurationError(
      `${folder} is not the folder of a pretraining: it has no ${basename(options)}.`,
    );
  refuseComplete(folder);
  return resolvePretraining(pretrainingRegistry(), [
    { source: options, document: await readJsonFile(options) },
  ]);
}

function refuseComplete(folder: string): void {
  const { manifest, weights } = pretrainingPaths(folder);
  if (existsSync(manifest))
    throw new ConfigurationError(`The training in ${folder} is complete; its weights are ${weights}.`);
}

/** The engine that an interrupted training was computed with; null where it has no checkpoint. */
export const pretrainingEngine = (folder: string): Promise<EngineInfo | null> =>
  checkpointEngine(pretrainingPaths(folder).checkpoint);

/** @param around the training itself, once everything was found to be right. */
async function execute(
  run: PretrainingRun,
  around: (train: () => Promise<PretrainingReport>) => Promise<PretrainingReport>,
): Promise<PretrainingReport> {
  const { options, onProgress, signal } = run;
  const registry = pretrainingRegistry();
  const images = await loadPretrainingImages(options, {
    budget: memoryBudget(parseMemory(options.cacheMemory)),
    onProgress: (done, total) => onProgress?.({ type: 'images', done, total }),
    onSkipped: (message) => onProgress?.({ type: 'warning', message }),
    ...(signal && { signal }),
  });
  const { kind: type, ...own } = options;
  const pretraining = await createPart(registry, 'pretraining', { ...own, type }, [type], {
    seed: options.seed,
    report: (message) => onProgress?.({ type: 'message', message }),
    ...(signal && { signal }),
  });
  const { part } = findPart(registry, 'pretraining', type);
  try {
    return await around(() => train(run, part, pretraining, images));
  } finally {
    pretraining.dispose();
  }
}

async function train(
  { options, engine, folder, onProgress, signal }: PretrainingRun,
  part: Part<'pretraining'>,
  pretraining: Pretraining,
  { images, origins, fingerprint }: LoadedImages,
): Promise<PretrainingReport> {
  const paths = pretrainingPaths(folder);
  onProgress?.({ type: 'started', folder });
  const sources = await sourcesOf(options, (part.options ?? {}) as Readonly<Record<string, JsonSchema>>);
  const files = Object.fromEntries(
    Object.entries(sources).map(([option, { sha256 }]) => [options[option] as string, sha256]),
  );
  for (const message of await keepDataRecord(paths, { ...fingerprint, files }))
    onProgress?.({ type: 'warning', message });
  const { batchSize, seed } = options;
  const source = inFullBatches(images, batchSize);
  const history = await fit(
    pretraining,
    { train: source, heldOut: { ...source, length: 0 } },
    {
      batchSize,
      seed,
      budget: memoryBudget(0),
      checkpoints: withTrainingLog(checkpointFolder(paths.checkpoint, engine), paths.training),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    },
  );

  const { bytes, parameters } = await weightFile(pretraining, options.storage);
  await writeFile(paths.weights, bytes);
  const last = history.at(-1);
  const [loss = Number.NaN] = Object.values(last?.loss ?? {});
  const [terms = {}] = Object.values(last?.terms ?? {});
  const manifest: PretrainingManifest = {
    kind: part.name,
    options: withoutFolders(options),
    images: origins,
    sources,
    loss,
    terms,
    weights: { file: basename(paths.weights), sha256: checksum(bytes), bytes: bytes.length, parameters },
    engine,
  };
  await writeFile(paths.manifest, jsonText(manifest));
  await rm(paths.checkpoint, { recursive: true, force: true });
  const trainSeconds = history.reduce((sum, { seconds }) => sum + seconds, 0);
  const trained = history.reduce((sum, { seconds, imagesPerSecond }) => sum + seconds * imagesPerSecond, 0);
  return {
    ...manifest,
    timings: { trainSeconds, trainImagesPerSecond: trained / trainSeconds },
    outputDir: folder,
  };
}

/** The trained network as safetensors, marked as PyTorch's own. */
async function weightFile(
  pretraining: Pretraining,
  storage: PretrainingOptions['storage'],
): Promise<{ bytes: Uint8Array; parameters: number }> {
  const state = Object.entries(await pretraining.weights());
  const tensors = state.map(([name, { shape, data }]) =>
    storage === 'float16'
      ? ([name, { dtype: 'F16', shape, data: float32ToFloat16(data) }] as const)
      : ([name, { dtype: 'F32', shape, data }] as const),
  );
  return {
    bytes: serializeSafetensors(Object.fromEntries(tensors), { format: 'pt' }),
    parameters: state.reduce((sum, [, { data }]) => sum + data.length, 0),
  };
}

const withoutFolders = (options: PretrainingOptions): PretrainingOptions =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(withoutFolder) : withoutFolder(value),
    ]),
  ) as unknown as PretrainingOptions;

const withoutFolder = (value: unknown): unknown =>
  typeof value === 'string' && isAbsolute(value) ? basename(value) : value;

async function sourcesOf(
  options: PretrainingOptions,
  schemas: Readonly<Record<string, JsonSchema>>,
): Promise<PretrainingManifest['sources']> {
  const sources: Record<string, { file: string; sha256: string }> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (!namesFile(schema, options[name])) continue;
    const path = options[name] as string;
    sources[name] = { file: basename(path), sha256: await fileChecksum(path) };
  }
  return sources;
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
