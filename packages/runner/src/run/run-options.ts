/** What a run is asked for, and what it says while it goes on. */
import type {
  DetectorFitEvent,
  Mask,
  Registry,
  ResolvedExperiment,
  RgbImage,
  SearchProgress,
  Size,
  ValueRange,
} from '@adfw/core';
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

/** What is to be said of the images and the model, and is no progress. */
export const isSaid = (event: RunEvent): event is RunEvent & { type: 'warning' | 'message' | 'note' } =>
  event.type === 'warning' || event.type === 'message' || event.type === 'note';

/** A labelled test image that was scored. */
export interface WatchedImage {
  readonly id: string;
  /** How many there are in all. */
  readonly total: number;
  readonly image: RgbImage;
  /** null where there is none. */
  readonly mask: Pick<Mask, 'data'> | null;
}

/** Its anomaly map, when all are scored. */
export interface WatchedMap {
  readonly id: string;
  readonly map: Float32Array;
  readonly size: Size;
  /** The ends of the scale that maps are saved with. */
  readonly scale: ValueRange;
  /** That pictures show; null where there is none. */
  readonly threshold: number | null;
}

/** Is shown what a run has in memory, so that nobody has to read it again for pictures of it. The run waits for what it returns. */
export interface RunWatch {
  image(watched: WatchedImage): void | Promise<void>;
  map(watched: WatchedMap): void | Promise<void>;
}

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
  watch?: RunWatch;
  signal?: AbortSignal;
}
