import { type ModelManifest, predictImage } from '@adfw/core';
import { copyModel, createScoringWorker, type ImageInput, readInput } from '@adfw/runner';
import type { EngineChoice } from './detector-options.js';
import { eachInOrder } from './each-in-order.js';
import { checkThreshold, type Prediction, type PredictOptions, toPrediction } from './prediction.js';

/** A detector that is fitted. */
export interface SavedDetector {
  /** All that is known of the model: how it was made, its image size, the scores of held-out images. */
  readonly manifest: ModelManifest;
  /** From which score on an image is anomalous; null where none was chosen or given. */
  readonly threshold: number | null;
  /**
   * Scores an image, or several, in a thread of its own: the event loop goes on meanwhile. Calls may overlap; they are answered in
   * the order in which they were made. Inputs stay as they are.
   * @throws DataError for an image that cannot be read.
   */
  predict(image: ImageInput, options?: PredictOptions): Promise<Prediction>;
  predict(images: readonly ImageInput[], options?: PredictOptions): Promise<Prediction[]>;
  /**
   * Saves the model with its threshold as a folder, whole or not at all; a model that is there is replaced.
   * @throws ConfigurationError where something else is in the folder.
   */
  save(folder: string): Promise<void>;
  /** Ends the thread when what was asked for is answered, and frees all that the detector holds. May be called again. */
  dispose(): Promise<void>;
}

export interface LoadOptions extends EngineChoice {
  /** In place of the model's own. */
  threshold?: number;
}

/** Images that are decoded while one is scored. */
const READ_AT_ONCE = 4;

/**
 * Loads a saved detector, or the model of a run.
 * @param folder what `save` or `adfw run --out` wrote.
 * @throws ConfigurationError where there is no model or the engine cannot be had, DataError where the model is damaged.
 */
export async function loadDetector(
  folder: string,
  { threshold, ...engine }: LoadOptions = {},
): Promise<SavedDetector> {
  checkThreshold(threshold);
  const worker = await createScoringWorker(folder, engine);
  const { detector } = worker;
  const manifest: ModelManifest =
    threshold === undefined
      ? worker.manifest
      : { ...worker.manifest, thresholds: { ...worker.manifest.thresholds, deployed: threshold } };

  async function predict(
    given: ImageInput | readonly ImageInput[],
    { threshold, signal }: PredictOptions = {},
  ): Promise<Prediction | Prediction[]> {
    checkThreshold(threshold);
    const predictOne = async (image: ImageInput, name: string) => {
      signal?.throwIfAborted();
      const pixels = await readInput(image, manifest.imageSize, name, manifest.reading);
      signal?.throwIfAborted();
      const predicted = await predictImage(detector, manifest, pixels, threshold, { signal });
      return toPrediction(predicted, pixels);
    };
    return Array.isArray(given)
      ? eachInOrder<ImageInput, Prediction>(given, READ_AT_ONCE, (image, index) =>
          predictOne(image, `images[${index}]`),
        )
      : predictOne(given as ImageInput, 'The given image');
  }

  return {
    manifest,
    threshold: manifest.thresholds.deployed,
    predict: predict as SavedDetector['predict'],
    save: (target) => copyModel(folder, target, manifest),
    dispose: () => worker.close(),
  };
}
