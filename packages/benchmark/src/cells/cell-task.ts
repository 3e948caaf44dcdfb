/** What a process that runs cells is asked for, and what it answers. */
import type { ResolvedExperiment } from '@adfw/core';
import type { EngineName, EngineOptions, RunEvent, RunReport } from '@adfw/runner';
import type { Places } from './places.js';

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

/** A run that an earlier call has begun. */
export interface BegunRun {
  /** Its run directory. */
  readonly path: string;
  readonly experiment: ResolvedExperiment;
  /** Else it goes on, with masks that may have changed. */
  readonly isComplete: boolean;
}

export type CellTask =
  | ({ readonly engine: EngineChoice } & (
      | {
          readonly type: 'run';
          readonly experiment: ResolvedExperiment;
          readonly folder: string;
          /** Of an engine of which nothing else says how many threads it has. */
          readonly threads?: number;
          /** Where this machine has what the experiment names. */
          readonly places?: Places;
        }
      /** Finds out whether experiments can be run, without running them. */
      | { readonly type: 'check'; readonly experiments: readonly NamedExperiment[] }
    ))
  /** Finds out whether runs are of the images and masks that there are now. */
  | { readonly type: 'compare'; readonly runs: readonly BegunRun[] };

export type CellMessage =
  | { readonly type: 'event'; readonly event: RunEvent }
  | { readonly type: 'checked' }
  | { readonly type: 'compared'; readonly notes: readonly string[] }
  | { readonly type: 'complete'; readonly report: RunReport }
  | { readonly type: 'failed'; readonly name: string; readonly message: string };

/** Asks the process to stop where the run can go on later. */
export const STOP = 'stop';
