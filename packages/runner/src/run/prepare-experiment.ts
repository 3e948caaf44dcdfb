/** From what a user asked for (a file, flags, plugins) to the registry and the resolved experiment. */
import { resolve } from 'node:path';
import {
  draftExperiment,
  type ExperimentLayer,
  isRecord,
  type JsonRecord,
  listMethods,
  type Registry,
  type ResolvedExperiment,
  resolveExperiment,
  resolvePaths,
} from '@adfw/core';
import { readJsonFile } from '../files/json-file.js';
import { absolutePlugin, loadRegistry } from '../plugins/plugins.js';
import { methodSample, sampleExperiment, sampleNetwork } from './sample-experiment.js';

export interface ExperimentRequest {
  /** Path of an experiment file. */
  config?: string;
  /**
   * Partial experiments that go before the file, the later before the earlier: what flags say. The document of one whose place depends on
   * the others, such as on the model that they name, is a {@link DependentDocument}.
   */
  overrides?: readonly ExperimentLayer[];
  /** Plugins beside those that the file names. */
  plugins?: readonly string[];
}

/**
 * Gives a partial experiment for what all that is not dependent makes together.
 * @param draft with the defaults, but unchecked: a method or model may be missing or unknown in it.
 */
export type DependentDocument = (draft: JsonRecord, registry: Registry) => JsonRecord;

export interface PreparedExperiment {
  registry: Registry;
  experiment: ResolvedExperiment;
}

/**
 * Loads the plugins and resolves the experiment; paths become absolute (they are relative to the working directory). Where no
 * dataset is asked for, it is the built-in sample; where no network is asked for either, it is the sample's.
 * @throws ConfigurationError with every fault.
 */
export async function prepareExperiment(request: ExperimentRequest): Promise<PreparedExperiment> {
  const { registry, layers } = await requested(request);
  const experiment = resolveExperiment({ registry, layers });
  return { registry, experiment: resolvePaths(experiment, registry, (path) => resolve(path)) };
}

/** The same with defaults, but unchecked: whatever is wrong elsewhere, one thing can be looked at. */
export async function draftRequest(
  request: ExperimentRequest,
): Promise<{ registry: Registry; draft: JsonRecord }> {
  const { registry, layers } = await requested(request);
  return { registry, draft: draftExperiment({ registry, layers }) };
}

async function requested({ config, overrides = [], plugins = [] }: ExperimentRequest) {
  const file = config === undefined ? [] : [{ source: config, document: await readJsonFile(config) }];
  const specifiers = [
    ...new Set([...file.flatMap(pluginsOf), ...plugins].map((name) => absolutePlugin(name))),
  ];
  const registry = await loadRegistry(specifiers);
  const asked = independent(registry, [...file, ...overrides]);
  const given = [
    ...asked,
    ...(specifiers.length > 0 ? [{ source: '--plugin', document: { plugins: specifiers } }] : []),
  ];
  const layers = asks(asked, ['dataset'], ['type', 'root'])
    ? given
    : [...sampleLayers(registry, given), ...given];
  return { registry, layers };
}

const isDependent = ({ document }: ExperimentLayer): boolean => typeof document === 'function';

/** The layers with what dependent documents are for the others. */
function independent(registry: Registry, layers: readonly ExperimentLayer[]): ExperimentLayer[] {
  if (!layers.some(isDependent)) return [...layers];
  const draft = draftExperiment({ registry, layers: layers.filter((layer) => !isDependent(layer)) });
  return layers.map(({ source, document }) => ({
    source,
    document: typeof document === 'function' ? (document as DependentDocument)(draft, registry) : document,
  }));
}

/** What goes below what was asked for, where no dataset was. */
function sampleLayers(registry: Registry, given: readonly ExperimentLayer[]): ExperimentLayer[] {
  const { method: name } = draftExperiment({ registry, layers: given });
  const method = listMethods(registry).find(({ method }) => method.name === name)?.method;
  const sample = [sampleExperiment, ...(method ? [methodSample(method)] : [])];
  const { model } = draftExperiment({ registry, layers: [...sample, ...given] });
  if (!isRecord(model)) return sample;
  return [
    ...sample,
    sampleNetwork(registry, model, (slot) => asks(given, ['model', slot], ['type', 'weights'])),
  ];
}

/** Whether a layer says which dataset or network it is to be; an image size, say, fits the sample as well. */
const asks = (
  layers: readonly ExperimentLayer[],
  keys: readonly string[],
  saying: readonly string[],
): boolean =>
  layers.some(({ document }) => {
    const choice = keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document);
    return isRecord(choice) && saying.some((option) => choice[option] !== undefined);
  });

// The document is checked as a whole later; here only what is needed to load the plugins that the check depends on.
function pluginsOf({ document }: ExperimentLayer): string[] {
  const plugins = (document as { plugins?: unknown } | null)?.plugins;
  return Array.isArray(plugins) ? plugins.filter((name) => typeof name === 'string') : [];
}
