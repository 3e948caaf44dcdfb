/** The `model/` folder of a run: a saved model (see core's `saved-model.ts`) as two files. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Composition,
  ConfigurationError,
  type LoadedModel,
  type ModelManifest,
  manifestText,
  modelFiles,
  parseManifest,
  restoreModel,
  serializeModel,
} from '@adfw/core';
import { writeFile, writeFolder } from './atomic-file.js';
import { loadRegistry } from './plugins.js';
import { readBytes } from './read-bytes.js';
import { runPaths } from './run-directory.js';

export type { LoadedModel, ModelManifest, SavedModel } from '@adfw/core';

export async function saveModel(
  folder: string,
  parts: Pick<Composition, 'teacher' | 'students' | 'score'>,
  manifest: Omit<ModelManifest, 'format' | 'version'>,
): Promise<void> {
  await writeFolder(folder, await serializeModel(parts, manifest));
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
