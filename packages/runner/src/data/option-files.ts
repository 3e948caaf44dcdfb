import { stat } from 'node:fs/promises';
import { type Registry, type ResolvedExperiment, resolvePaths } from '@adfw/core';
import { fileChecksum } from '@adfw/images';

/** Before what is a path; no path has it. */
const MARK = '\0';

/**
 * SHA-256 of the files that an experiment names beside its dataset, weights for one, by their paths.
 * @param recorded the same experiment, with the paths that they go by.
 * @throws DataError that names the file where one cannot be read.
 */
export async function optionFiles(
  experiment: ResolvedExperiment,
  registry: Registry,
  recorded: ResolvedExperiment = experiment,
): Promise<Record<string, string>> {
  const names = pathsIn(recorded, registry);
  const files: Record<string, string> = {};
  for (const [index, path] of pathsIn(experiment, registry).entries()) {
    if (!(await stat(path).catch(() => null))?.isFile()) continue;
    files[names[index] as string] ??= await fileChecksum(path);
  }
  return files;
}

const pathsIn = ({ dataset: _, ...experiment }: ResolvedExperiment, registry: Registry): string[] =>
  stringsIn(resolvePaths(experiment, registry, (path) => `${MARK}${path}`))
    .filter((text) => text.startsWith(MARK))
    .map((text) => text.slice(MARK.length));

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
