import type { LeftOut } from '@adfw/core';
import type { EngineInfo, FitEvent, FitReport, ImageInput } from '@adfw/runner';
import type { SavedDetector } from './load-detector.js';

/** A detector to fit. `predict` and `save` need it fitted, and throw a ConfigurationError else. */
export interface Detector extends Omit<SavedDetector, 'manifest'> {
  /** Of the last model that was fitted; null before. */
  readonly manifest: SavedDetector['manifest'] | null;
  /**
   * Learns from nominal images, in a thread of its own. A part of them is held out, on which the best epoch and the threshold are
   * chosen. The same images in the same order give the same detector. Where it fails or is aborted, the detector stays as it was.
   * @param images a folder, searched at any depth, or a list of images.
   * @throws DataError for an image that cannot be read; ConfigurationError where there is none, or a fit is under way.
   */
  fit(images: string | readonly ImageInput[], options?: FitOptions): Promise<FitResult>;
}

export interface FitOptions {
  /** In place of the one that is chosen from held-out images. */
  threshold?: number;
  onProgress?: (event: FitEvent) => void;
  /** Stops the fit after the step under way; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What a fit did, and what computed it. */
export interface FitResult extends FitReport {
  readonly engine: EngineInfo;
  /** Files in the folders given that are no images; `files` are the first 20. */
  readonly leftOut: LeftOut;
}
