/** The `model/` folder of a run: everything that scoring an image needs, as safetensors and a JSON manifest. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AnomalyDetector,
  backboneState,
  type Composition,
  ConfigurationError,
  compose,
  DataError,
  disposeAll,
  distillationDetector,
  freeze,
  prefixed,
  type ResolvedExperiment,
  restoreState,
  restoreVariables,
  withPrefix,
} from '@adfw/core';
import { writeFile, writeFolder } from './atomic-file.js';
import { loadRegistry } from './plugins.js';
import { runPaths } from './run-directory.js';
import { readTensors, tensorBytes } from './tensor-file.js';

const FORMAT = 'adfw-model';
const VERSION = 1;
const WEIGHTS = 'weights.safetensors';
const MANIFEST = 'manifest.json';

/** What a model says about itself, beside its weights. */
export interface ModelManifest {
  format: typeof FORMAT;
  version: typeof VERSION;
  /** The experiment it was made by, with every option. */
  experiment: ResolvedExperiment;
  /** What images are resized to before they are scored. */
  imageSize: { height: number; width: number };
  thresholds: {
    /** From which score on `predict` calls an image defective; null until one is set, where no image was held out. */
    deployed: number | null;
    /** The benchmark's, chosen on the test set; null where that has no defective images. */
    benchmark: number | null;
  };
  /** Smallest and largest image score of the test set (without one, of the held-out images), for the scores of eq. 5.7. */
  scoreRange: { min: number; max: number } | null;
  /** Smallest and largest value on the anomaly maps of the same images: one colour scale for all overlays. */
  mapRange: { min: number; max: number } | null;
  /** Scores of the nominal images that were held out of training: another threshold can be chosen from them. */
  heldOutScores: number[];
}

export interface SavedModel {
  manifest: ModelManifest;
  detector: AnomalyDetector;
}

/** A model whose networks are in this process. */
export interface LoadedModel extends SavedModel {
  readonly composition: Composition;
}

type TrainedParts = Pick<Composition, 'teacher' | 'students' | 'score'>;

/** Makes the engine treat the networks as finished: their weights become constants of what it compiles. */
export function freezeAll({ teacher, students, score }: TrainedParts): void {
  for (const network of [teacher, ...students])
    for (const value of Object.values(backboneState(network))) freeze(value);
  for (const value of Object.values(score.statistics ?? {})) freeze(value);
}

export async function saveModel(
  folder: string,
  { teacher, students, score }: TrainedParts,
  manifest: Omit<ModelManifest, 'format' | 'version'>,
): Promise<void> {
  const tensors = Object.assign(
    prefixed(backboneState(teacher), 'teacher'),
    prefixed(score.statistics ?? {}, 'score'),
    ...students.map((student, index) => prefixed(backboneState(student), `student${index}`)),
  );
  await writeFolder(folder, {
    [WEIGHTS]: await tensorBytes(tensors),
    [MANIFEST]: jsonOf({ format: FORMAT, version: VERSION, ...manifest }),
  });
}

/**
 * Loads the model of a run, on the engine in use.
 * @param run the run directory, or its `model` folder.
 * @throws ConfigurationError where there is no model, DataError where it is damaged.
 */
export async function loadModel(run: string): Promise<LoadedModel> {
  const folder = modelFolder(run);
  const manifest = await readManifest(run);
  const { experiment } = manifest;
  const registry = await loadRegistry(experiment.plugins);
  const composition = await compose(registry, experiment, { restoring: true });
  const { teacher, students, score } = composition;
  const tensors = await readTensors(join(folder, WEIGHTS));
  try {
    restoreState(teacher, withPrefix(tensors, 'teacher'));
    students.forEach((student, index) => {
      restoreState(student, withPrefix(tensors, `student${index}`));
    });
    restoreVariables(score.statistics ?? {}, withPrefix(tensors, 'score'));
  } finally {
    disposeAll(tensors);
  }
  freezeAll(composition);
  return { manifest, detector: distillationDetector(teacher, students, score), composition };
}

export async function readManifest(run: string): Promise<ModelManifest> {
  const file = join(modelFolder(run), MANIFEST);
  let manifest: ModelManifest;
  try {
    manifest = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new DataError(`The model's manifest ${file} is damaged: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (manifest.format !== FORMAT || manifest.version !== VERSION)
    throw new DataError(
      `${file} is not a model of this version: its format is ${manifest.format} ${manifest.version}, and ${FORMAT} ${VERSION} was expected.`,
    );
  return manifest;
}

/** Sets the threshold that `predict` uses; the weights are left alone. */
export async function setThreshold(run: string, deployed: number): Promise<ModelManifest> {
  const manifest = await readManifest(run);
  const changed = { ...manifest, thresholds: { ...manifest.thresholds, deployed } };
  await writeFile(join(modelFolder(run), MANIFEST), jsonOf(changed));
  return changed;
}

function modelFolder(run: string): string {
  const candidates = [runPaths(run).model, run];
  const folder = candidates.find((candidate) => existsSync(join(candidate, MANIFEST)));
  if (folder) return folder;
  const unfinished = existsSync(runPaths(run).checkpoint);
  throw new ConfigurationError(
    existsSync(run)
      ? `${run} holds no model${unfinished ? `: the run was interrupted; finish it with adfw run --resume ${run}` : '; name the folder that adfw run wrote (--out)'}.`
      : `There is no run directory ${run}.`,
  );
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
