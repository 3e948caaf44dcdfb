/** From the flags of `adfw run` to the experiment that is asked for. */
import {
  ConfigurationError,
  datasetCategories,
  type ExperimentLayer,
  isRecord,
  listMethods,
  type PartChoice,
  parseSetting,
  shellCommand,
} from '@adfw/core';
import {
  draftRequest,
  type ExperimentRequest,
  loadRegistry,
  readRunExperiment,
  runPaths,
} from '@adfw/runner';
import { experimentFlagNames } from '../../shared/experiment-flags.js';
import { experimentLayers } from '../../shared/flag-layers.js';

export interface RequestFlags {
  config?: string | undefined;
  set?: readonly string[] | undefined;
  plugin?: readonly string[] | undefined;
  resume?: string | undefined;
  [experimentFlag: string]: unknown;
}

const notWithResume = [...experimentFlagNames, 'config', 'set', 'plugin', 'out'];

/** @throws ConfigurationError where flags exclude each other, or nothing names a method. */
export async function experimentRequest(flags: RequestFlags): Promise<ExperimentRequest> {
  const { config, set = [], plugin: plugins = [], resume } = flags;
  if (resume !== undefined) {
    refuseFlags(notWithResume.filter((name) => flags[name] !== undefined));
    await readRunExperiment(resume);
    return { config: runPaths(resume).experiment };
  }
  const overrides = [...experimentLayers(flags), ...set.map(parseSetting)];
  if (config === undefined && !overrides.some(namesMethod)) {
    const names = listMethods(await loadRegistry(plugins)).map(({ method }) => method.name);
    throw new ConfigurationError(
      `Choose a method with --method: ${names.join(', ')}. For a first try: adfw run --method fvv`,
    );
  }
  const request = { ...(config !== undefined && { config }), overrides, plugins };
  await refuseAllCategories(flags, request);
  return request;
}

/** Of several categories a run takes one, and a benchmark all. */
async function refuseAllCategories(flags: RequestFlags, request: ExperimentRequest): Promise<void> {
  const { category } = flags;
  if (category !== 'all') return;
  const { registry, draft } = await draftRequest({
    ...request,
    overrides: (request.overrides ?? []).filter(({ source }) => source !== '--category'),
  });
  if (!isRecord(draft.dataset)) return;
  const categories = await datasetCategories(registry, draft.dataset as PartChoice);
  if (categories === null || categories.includes(category)) return;
  const { out: _out, json: _json, ...others } = flags;
  throw new ConfigurationError(
    `A run takes one category: ${categories.join(', ')}. All of them, one after the other: ${shellCommand(['adfw', 'bench', ...words(others)])}`,
  );
}

/** Flags as they are typed. */
const words = (flags: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(flags).flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap((each) =>
        each === undefined || each === false
          ? []
          : each === true
            ? [`--${name}`]
            : [`--${name}`, String(each)],
      ),
  );

function refuseFlags(names: readonly string[]): void {
  if (names.length === 0) return;
  const given = names.map((name) => `--${name}`).join(', ');
  throw new ConfigurationError(
    `--resume takes the experiment from the run directory: leave out ${given}, or start a new run without --resume.`,
  );
}

const namesMethod = ({ document }: ExperimentLayer): boolean =>
  typeof document === 'object' && document !== null && 'method' in document;
