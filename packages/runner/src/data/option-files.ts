import { stat } from 'node:fs/promises';
import { type Registry, type ResolvedExperiment, resolvePaths } from '@adfw/core';
import { fileChecksum } from '@adfw/images';

/** Before what is a path; no path has it. */
const MARK = '\0';

/**
 * SHA-256 of the files that an experiment names beside its dataset, weights for one, by their paths.
 * @throws DataError that names the file where one cannot be read.
 */
export async function optionFiles(
  { dataset: _, ...experiment }: ResolvedExperiment,
  registry: Registry,
): Promise<Record<string, string>> {
  const marked = resolvePaths(experiment, registry, (path) => `${MARK}${path}`);
  const files: Record<string, string> = {};
  for (const text of stringsIn(marked)) {
    const path = text.slice(MARK.length);
    if (!text.startsWith(MARK) || !(await stat(path).catch(() => null))?.isFile()) continue;
    files[path] ??= await fileChecksum(path);
  }
  return files;
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
