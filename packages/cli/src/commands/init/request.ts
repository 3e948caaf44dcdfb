import type { ExperimentRequest } from '@adfw/runner';
import { experimentLayers } from '../../shared/flag-layers.js';

export interface InitFlags {
  plugin?: readonly string[] | undefined;
  [experimentFlag: string]: unknown;
}

/** The experiment that flags ask for, as `adfw run` understands them. */
export const requestOf = (flags: InitFlags): ExperimentRequest => ({
  overrides: experimentLayers(flags),
  plugins: flags.plugin ?? [],
});
