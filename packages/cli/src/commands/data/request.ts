/** From the arguments of `adfw data` to the experiment whose dataset is looked at. */
import { stat } from 'node:fs/promises';
import {
  ConfigurationError,
  type ExperimentLayer,
  isRecord,
  parseSetting,
  pretrainedSlots,
  shellCommand,
} from '@adfw/core';
import { type RecognizedLayout, recognizeLayout } from '@adfw/datasets-mvtec';
import {
  type DependentDocument,
  dataDocument,
  type PreparedExperiment,
  prepareExperiment,
} from '@adfw/runner';
import { experimentLayers } from '../../shared/flag-layers.js';

export interface DataRequestFlags {
  config?: string | undefined;
  set?: readonly string[] | undefined;
  plugin?: readonly string[] | undefined;
  dataset?: string | undefined;
  [experimentFlag: string]: unknown;
}

/** Where the images are, and who said so. */
export interface DataRequest extends PreparedExperiment {
  readonly by: 'folder' | 'request';
  /** What `adfw run` takes, without the category. */
  readonly flags: readonly string[];
}

const USUAL_METHOD = 'stfpm';

/**
 * @param path of a folder or a table; without it flags or the document say what is read.
 * @returns null where the folder is laid out as no dataset, and none is asked for.
 * @throws ConfigurationError for a path that is none, and for flags and documents that say nothing that can be read.
 */
export async function dataRequest(
  path: string | undefined,
  flags: DataRequestFlags,
): Promise<DataRequest | null> {
  const { config, set = [], plugin: plugins = [], weights, ...others } = flags;
  const settings = set.map(parseSetting);
  if (path === undefined && config === undefined && !settings.some(namesDataset))
    throw new ConfigurationError(
      'DIR is missing: name a folder of images, or say with --set dataset.type=NAME what is read.',
    );
  // Also where the dataset is known, it shows at once that there is no such folder.
  const found = path === undefined ? null : await recognizeLayout(path);
  if (path !== undefined && found === null && flags.dataset === undefined) return null;
  const layout: ExperimentLayer[] =
    path === undefined
      ? []
      : [
          {
            source: 'DIR',
            document:
              flags.dataset === undefined
                ? documentOf(found as RecognizedLayout)
                : dataDocument(path, flags.dataset),
          },
        ];
  const prepared = await prepareExperiment({
    ...(config !== undefined && { config }),
    overrides: [
      ...layout,
      ...(config === undefined && flags.method === undefined
        ? [{ source: 'the usual method', document: { method: USUAL_METHOD } }]
        : []),
      ...experimentLayers({ ...others, dataset: undefined }),
      ...(typeof weights === 'string' ? [{ source: '--weights', document: pretrained(weights) }] : []),
      ...settings,
    ],
    plugins,
  });
  const isFound = path !== undefined && flags.dataset === undefined;
  return {
    ...prepared,
    by: isFound ? 'folder' : 'request',
    flags: isFound
      ? await flagsOf(found as RecognizedLayout, path)
      : path === undefined
        ? set.flatMap((setting) => ['--set', setting])
        : ['--data', path, '--dataset', flags.dataset as string],
  };
}

const namesDataset = ({ document }: ExperimentLayer): boolean =>
  isRecord(document) && document.dataset !== undefined;

const documentOf = ({ dataset, options }: RecognizedLayout) => ({ dataset: { type: dataset, ...options } });

/** Not all methods have a pretrained network; what looks for suspicious images has one. */
const pretrained =
  (weights: string): DependentDocument =>
  ({ model }, registry) => ({
    model: Object.fromEntries(pretrainedSlots(registry, model).map((slot) => [slot, { weights }])),
  });

async function flagsOf({ dataset, options }: RecognizedLayout, path: string): Promise<string[]> {
  if (dataset === 'mvtec') return ['--data', path];
  if (dataset !== 'folder') {
    const { file = path } = options;
    const data = dataset === 'table' && (await stat(path)).isDirectory() ? file : path;
    return ['--data', data, '--dataset', dataset];
  }
  const settings = Object.entries(options).map(([option, value]) => `dataset.${option}=${value}`);
  return ['dataset.type=folder', ...settings].flatMap((setting) => ['--set', setting]);
}

/** How the flags are typed. */
export const runCommand = (method: string, flags: readonly string[]): string =>
  shellCommand(['adfw', 'run', '--method', method, ...flags]);
