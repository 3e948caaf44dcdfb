import type { Composition, Dataset, FittedDetector, ImageSource, MemoryBudget } from '@adfw/core';
import type { KeptMasks } from '../data/kept-masks.js';
import type { ImageGeometry } from '../data/read-region.js';
import type { RunPaths } from '../files/run-directory.js';
import type { RunOptions } from './run-options.js';

/** What a run has once its model is fitted. */
export interface FittedRun {
  readonly options: RunOptions;
  readonly paths: RunPaths;
  readonly composition: Composition;
  readonly checked: CheckedData;
  readonly fitted: FittedDetector;
  /** What fitting said that the run is to keep. */
  readonly notes: readonly string[];
}

/** What was read and checked. */
export interface CheckedData extends ImageGeometry {
  readonly dataset: Dataset;
  /** Those to train on, and behind them those that the dataset holds out itself. */
  readonly nominal: ImageSource;
  /** The test images, and behind them those without a label. */
  readonly test: ImageSource;
  readonly budget: MemoryBudget;
  /** Of the labelled test images, by index, as far as there is room. */
  readonly masks: KeptMasks;
  /** What is unusual about it, a sentence each. */
  readonly warnings: readonly string[];
  /** When that was begun, by `performance.now()`. */
  readonly start: number;
}
