/** The `model/` folder of a run: a saved model (see core's `saved-model.ts`) as two files. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  ConfigurationError,
  DataError,
  type LoadedModel,
  type Model,
  type ModelManifest,
  manifestText,
  modelFiles,
  parseManifest,
  restoreModel,
  serializeModel,
} from '@adfw/core';
import { writeFile, writeFolder } from '../files/atomic-file.js';
import { readBytes } from '../files/read-bytes.js';
import { createFolder, runPaths } from '../files/run-directory.js';
import { loadRegistry } from '../plugins/plugins.js';

export type { LoadedModel, ModelManifest, SavedModel } from '@adfw/core';

export async function saveModel(
  folder: string,
  model: Model,
  manifest: Omit<ModelManifest, 'format' | 'version'>,
): Promise<void> {
  await writeFolder(folder, await serializeModel(model, manifest));
}

/**
 * Loads the model of a run, on the engine in use.
 * @param run the run directory, or its `model` folder.
 * @throws ConfigurationError where there is no model, DataError where it is damaged.
 */
export async function loadModel(run: string): Promise<LoadedModel> {
  const manifest = await readManifest(run);
  const registry = await loadRegistry(manifest.experiment.plugins);
  const weights = join(modelFolder(run), modelFiles.weights);
  return restoreModel(registry, manifest, await readBytes(weights), weights);
}

export async function readManifest(run: string): Promise<ModelManifest> {
  const file = join(modelFolder(run), modelFiles.manifest);
  return parseManifest(new TextDecoder().decode(await readBytes(file)), file);
}

/** Sets the threshold that `predict` uses; the weights are left alone. */
export async function setThreshold(run: string, deployed: number): Promise<ModelManifest> {
  const manifest = await readManifest(run);
  const changed = { ...manifest, thresholds: { ...manifest.thresholds, deployed } };
  await writeFile(join(modelFolder(run), modelFiles.manifest), manifestText(changed));
  return changed;
}

/**
 * Writes a model that was loaded from a run as a folder of its own, which is made where it is not there; a model in it is replaced.
 * @param manifest the model's, as it was loaded; thresholds may have changed since.
 * @throws ConfigurationError where there is something else in the folder; DataError where the run's model is not that one any more.
 */
export async function copyModel(run: string, folder: string, manifest: ModelManifest): Promise<void> {
  const thresholdsApart = ({ thresholds: _, ...rest }: ModelManifest) => JSON.stringify(rest);
  if (thresholdsApart(await readManifest(run)) !== thresholdsApart(manifest))
    throw new DataError(`The model in ${run} was replaced after it was loaded; load it again.`);
  const weights = await readBytes(join(modelFolder(run), modelFiles.weights));
  await refuseOtherFolder(folder);
  await createFolder(dirname(resolve(folder)));
  await writeFolder(folder, { [modelFiles.weights]: weights, [modelFiles.manifest]: manifestText(manifest) });
}

/**
 * That a model may be written as a folder.
 * @throws ConfigurationError where there is something else in it than a model, which would be removed.
 */
export async function refuseOtherFolder(folder: string): Promise<void> {
  const refused = (why: string, cause?: unknown) =>
    new ConfigurationError(`The model cannot be saved as ${folder}: ${why}`, [], { cause });
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw refused(`${whyNoFolder(error)}.`, error);
  });
  if (found.length === 0) return;
  const manifest = join(folder, modelFiles.manifest);
  // The names alone say little: many a program has a manifest.json.
  const isModel = await readFile(manifest, 'utf8')
    .then((text) => parseManifest(text, manifest))
    .then(
      () => true,
      () => false,
    );
  const other = found.find((name) => !isModel || !Object.values<string>(modelFiles).includes(name));
  if (other !== undefined)
    throw refused(`it holds ${other}. Name a new folder, an empty one, or one that holds a model alone.`);
}

const whyNoFolder = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOTDIR' ? 'a file is in its place' : message;

/**
 * The folder with the files of a run's model.
 * @param run the run directory, or that folder.
 * @throws ConfigurationError where there is none.
 */
export function modelFolder(run: string): string {
  const candidates = [runPaths(run).model, run];
  const folder = candidates.find((candidate) => existsSync(join(candidate, modelFiles.manifest)));
  if (folder) return folder;
  const unfinished = existsSync(runPaths(run).checkpoint);
  throw new ConfigurationError(
    existsSync(run)
      ? `${run} holds no model${unfinished ? `: the run was interrupted; finish it with adfw run --resume ${run}` : '; name the folder that adfw run wrote (--out)'}.`
      : `There is no run directory ${run}.`,
  );
}
