/** Scores images with the model of a run. */
import { type AnomalyDetector, DataError, imageScore, normalizeScores, type RgbImage } from '@adfw/core';
import { readImage } from '@adfw/datasets-mvtec';
import type { ModelManifest, SavedModel } from './saved-model.js';

export interface Prediction {
  /** Path of the image. */
  image: string;
  /** Eq. 5.5. */
  score: number;
  /** Eq. 5.7: 0.5 at the threshold, above it defective; null without a threshold. */
  normalizedScore: number | null;
  /** null without a threshold. */
  verdict: 'nominal' | 'defective' | null;
  threshold: number | null;
}

/** A prediction with what a picture of it is drawn from. */
export interface DetailedPrediction extends Prediction {
  pixels: RgbImage;
  /** The anomaly map, `height * width` values in rows, at the size the model works in. */
  map: Float32Array;
}

export interface PredictOptions {
  /** In place of the model's own. */
  threshold?: number;
  /** Called with each image that cannot be read, which is then left out; without it such an image stops the prediction. */
  onBadImage?: (error: DataError) => void;
  signal?: AbortSignal;
}

/** How many images are read, and scored where that goes on elsewhere, while the caller has one. */
const AHEAD = 2;

/**
 * Scores image files one by one, in the order given; the next ones are read meanwhile.
 * @throws DataError that names an image which cannot be read.
 */
export async function* predictFiles(
  { detector, manifest }: SavedModel,
  files: readonly string[],
  { threshold, onBadImage, signal }: PredictOptions = {},
): AsyncGenerator<DetailedPrediction> {
  const predict = async (image: string): Promise<DetailedPrediction | UnreadImage> => {
    let pixels: RgbImage;
    try {
      pixels = await readImage(image, manifest.imageSize);
    } catch (error) {
      if (!onBadImage || !(error instanceof DataError)) throw error;
      return { unread: error };
    }
    return { image, pixels, ...(await predictImage(detector, manifest, pixels, threshold)) };
  };
  const waiting: Promise<DetailedPrediction | UnreadImage>[] = [];
  let next = 0;
  while (next < files.length || waiting.length > 0) {
    signal?.throwIfAborted();
    for (; next < files.length && waiting.length <= AHEAD; next++) {
      const prediction = predict(files[next] as string);
      // It is thrown when its turn comes, unless the caller has stopped asking.
      prediction.catch(() => undefined);
      waiting.push(prediction);
    }
    const prediction = await (waiting.shift() as (typeof waiting)[number]);
    if ('unread' in prediction) onBadImage?.(prediction.unread);
    else yield prediction;
  }
}

interface UnreadImage {
  unread: DataError;
}

/** Scores one image, which has the model's size. */
export async function predictImage(
  detector: AnomalyDetector,
  manifest: ModelManifest,
  pixels: RgbImage,
  threshold = manifest.thresholds.deployed ?? undefined,
): Promise<Omit<DetailedPrediction, 'image' | 'pixels'>> {
  const [map] = (await detector.anomalyMaps([pixels])) as [Float32Array];
  const score = imageScore(map);
  if (threshold === undefined) return { score, normalizedScore: null, verdict: null, threshold: null, map };
  const [normalizedScore = null] = manifest.scoreRange
    ? normalizeScores([score], threshold, manifest.scoreRange)
    : [];
  return { score, normalizedScore, verdict: score >= threshold ? 'defective' : 'nominal', threshold, map };
}
