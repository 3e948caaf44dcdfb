/** From the flags of `adfw run` to the experiment that is asked for. */
import { ConfigurationError, type ExperimentLayer, listMethods, parseSetting } from '@adfw/core';
import { type ExperimentRequest, loadRegistry, readRunExperiment, runPaths } from '@adfw/runner';
import { experimentFlagNames, experimentLayers } from './experiment-flags.js';

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
  return { ...(config !== undefined && { config }), overrides, plugins };
}

function refuseFlags(names: readonly string[]): void {
  if (names.length === 0) return;
  const given = names.map((name) => `--${name}`).join(', ');
  throw new ConfigurationError(
    `--resume takes the experiment from the run directory: leave out ${given}, or start a new run without --resume.`,
  );
}

const namesMethod = ({ document }: ExperimentLayer): boolean =>
  typeof document === 'object' && document !== null && 'method' in document;
