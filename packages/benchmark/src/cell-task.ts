/** What a process that runs cells is asked for, and what it answers. */
import type { ResolvedExperiment } from '@adfw/core';
import type { EngineName, EngineOptions, RunEvent, RunReport } from '@adfw/runner';

/** What computes. */
export interface EngineChoice {
  readonly name: EngineName;
  readonly options: EngineOptions;
}

export interface NamedExperiment {
  /** What messages call it. */
  readonly method: string;
  readonly experiment: ResolvedExperiment;
}

export type CellTask = { readonly engine: EngineChoice } & (
  | { readonly type: 'run'; readonly experiment: ResolvedExperiment; readonly folder: string }
  /** Finds out whether experiments can be run, without running them. */
  | { readonly type: 'check'; readonly experiments: readonly NamedExperiment[] }
);

export type CellMessage =
  | { readonly type: 'event'; readonly event: RunEvent }
  | { readonly type: 'checked' }
  | { readonly type: 'complete'; readonly report: RunReport }
  | { readonly type: 'failed'; readonly name: string; readonly message: string };

/** Asks the process to stop where the run can go on later. */
export const STOP = 'stop';
