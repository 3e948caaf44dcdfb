/** What a run is asked for, and what it says while it goes on. */
import type { DetectorFitEvent, Registry, ResolvedExperiment, SearchProgress } from '@adfw/core';
import type { EngineInfo } from '../engine.js';

/** What a run is doing; the command line shows it. */
export type RunEvent =
  | DetectorFitEvent
  /** Everything was found to be right, and the run directory is there; the model will be fitted in stages of these names. */
  | { type: 'started'; folder: string; stages: readonly string[] }
  /** Images read (and checked, with their masks), test images and synthetic defects scored, overlays and anomaly maps written. */
  | {
      type: 'images' | 'scoring' | 'synthetic' | 'measuring' | 'overlays' | 'anomaly-maps';
      done: number;
      total: number;
      /** Where the search for the image that is scored next is, of a model that searches. */
      search?: SearchProgress;
    }
  | { type: 'message' | 'warning'; message: string };

export interface RunOptions {
  registry: Registry;
  experiment: ResolvedExperiment;
  /**
   * What `experiment.json` says, where the run is one of several machines, which have the same files in other places; by default the
   * experiment.
   */
  recorded?: ResolvedExperiment;
  /** What {@link useEngine} gave; it is tfjs' backend already. */
  engine: EngineInfo;
  /** The run directory, new or empty; {@link resumeExperiment} goes on with one. */
  folder: string;
  /** Of how many test images pictures are drawn, at most, first of those that are misjudged; 300 where it is missing. */
  pictures?: number;
  onProgress?: (event: RunEvent) => void;
  signal?: AbortSignal;
}
