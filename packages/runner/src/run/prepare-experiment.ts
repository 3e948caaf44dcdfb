/** From what a user asked for (a file, flags, plugins) to the registry and the resolved experiment. */
import { resolve } from 'node:path';
import {
  type ExperimentLayer,
  type Registry,
  type ResolvedExperiment,
  resolveExperiment,
  resolvePaths,
} from '@adfw/core';
import { readJsonFile } from '../files/json-file.js';
import { absolutePlugin, loadRegistry } from '../plugins/plugins.js';
import { sampleExperiment, samplePatchDescriptors, sampleTeacher } from './sample-experiment.js';

export interface ExperimentRequest {
  /** Path of an experiment file. */
  config?: string;
  /** Partial experiments that go before the file, the later before the earlier: what flags say. */
  overrides?: readonly ExperimentLayer[];
  /** Plugins beside those that the file names. */
  plugins?: readonly string[];
}

export interface PreparedExperiment {
  registry: Registry;
  experiment: ResolvedExperiment;
}

/**
 * Loads the plugins and resolves the experiment; paths become absolute (they are relative to the working directory). Where no
 * dataset is asked for, it is the built-in sample; where no teacher is asked for either, it is the sample's.
 * @throws ConfigurationError with every fault.
 */
export async function prepareExperiment({
  config,
  overrides = [],
  plugins = [],
}: ExperimentRequest): Promise<PreparedExperiment> {
  const file = config === undefined ? [] : [{ source: config, document: await readJsonFile(config) }];
  const asked = [...file, ...overrides];
  const specifiers = [
    ...new Set([...file.flatMap(pluginsOf), ...plugins].map((name) => absolutePlugin(name))),
  ];
  const registry = await loadRegistry(specifiers);
  const given = [
    ...asked,
    ...(specifiers.length > 0 ? [{ source: '--plugin', document: { plugins: specifiers } }] : []),
  ];
  const resolved = (...defaults: ExperimentLayer[]) =>
    resolveExperiment({ registry, layers: [...defaults, ...given] });
  const experiment = asks(asked, 'dataset', ['type', 'root'])
    ? resolved()
    : asks(asked, 'teacher', ['type', 'weights'])
      ? resolved(sampleExperiment)
      : withSampleTeacher(resolved);
  return { registry, experiment: resolvePaths(experiment, registry, (path) => resolve(path)) };
}

function withSampleTeacher(
  resolved: (...defaults: ExperimentLayer[]) => ResolvedExperiment,
): ResolvedExperiment {
  const own = resolved(sampleExperiment);
  // Some methods bring a teacher of their own.
  if (own.teacher.type === samplePatchDescriptors.document.teacher.type)
    return resolved(sampleExperiment, samplePatchDescriptors);
  if (own.teacher.type !== sampleTeacher.document.teacher.type) return own;
  return resolved(sampleExperiment, sampleTeacher);
}

/** Whether a layer says which dataset or teacher it is to be; an image size, say, fits the sample as well. */
const asks = (layers: readonly ExperimentLayer[], key: string, saying: readonly string[]): boolean =>
  layers.some(({ document }) => {
    const choice = (document as Record<string, Record<string, unknown> | null> | null)?.[key];
    return saying.some((option) => choice?.[option] !== undefined);
  });

// The document is checked as a whole later; here only what is needed to load the plugins that the check depends on.
function pluginsOf({ document }: ExperimentLayer): string[] {
  const plugins = (document as { plugins?: unknown } | null)?.plugins;
  return Array.isArray(plugins) ? plugins.filter((name) => typeof name === 'string') : [];
}
