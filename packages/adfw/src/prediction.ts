import { ConfigurationError, type ImagePrediction, type Size } from '@adfw/core';

/**
 * Anomaly of every pixel, `[height, width]` in rows, at the size the model works in; higher is more anomalous. It lies over the whole image,
 * and is -Infinity where that has no score.
 */
export interface AnomalyMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** What a detector says of an image. */
export interface Prediction {
  /** Higher is more anomalous; of most methods the maximum of the anomaly map (eq. 5.5). */
  readonly score: number;
  /**
   * The score shifted so that 0.5 is the threshold, and scaled by the range of scores that were seen when the model was made (eq.
   * 5.7); null without a threshold, and where no two scores were seen that differ.
   */
  readonly normalizedScore: number | null;
  /** Whether the score reaches the threshold; null without one. */
  readonly anomalous: boolean | null;
  readonly threshold: number | null;
  /** null where the model says whether, not where. */
  readonly map: AnomalyMap | null;
}

export interface PredictOptions {
  /** In place of the model's own. */
  threshold?: number;
  /** Stops before the next image, and a search for one. */
  signal?: AbortSignal;
}

export const toPrediction = (
  { score, normalizedScore, verdict, threshold, map }: ImagePrediction,
  { height, width }: Size,
): Prediction => ({
  score,
  normalizedScore,
  anomalous: verdict === null ? null : verdict === 'defective',
  threshold,
  map: map && { width, height, data: map },
});

/** @throws ConfigurationError where a threshold is given that is no number, with which no image would be anomalous. */
export function checkThreshold(threshold: number | undefined): void {
  if (threshold === undefined || Number.isFinite(threshold)) return;
  throw new ConfigurationError(`The threshold should be a finite number; found ${String(threshold)}.`);
}
