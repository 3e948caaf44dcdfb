import type { RgbImage } from '../contracts/dataset.js';
import { normalizeScores } from '../metrics/normalize-scores.js';
import { type AnomalyDetector, imageScore } from './detector.js';
import type { ModelManifest } from './saved-model.js';

export interface ImagePrediction {
  /** Eq. 5.5. */
  score: number;
  /** Eq. 5.7: 0.5 at the threshold, above it defective; null without a threshold, and where no two scores were seen that differ. */
  normalizedScore: number | null;
  /** null without a threshold. */
  verdict: 'nominal' | 'defective' | null;
  threshold: number | null;
  /** The anomaly map, `height * width` values in rows, at the size the model works in. */
  map: Float32Array;
}

/** Scores one image, which has the model's size. */
export async function predictImage(
  detector: AnomalyDetector,
  manifest: ModelManifest,
  pixels: RgbImage,
  threshold = manifest.thresholds.deployed ?? undefined,
): Promise<ImagePrediction> {
  const [map] = (await detector.anomalyMaps([pixels])) as [Float32Array];
  const score = imageScore(map);
  if (threshold === undefined) return { score, normalizedScore: null, verdict: null, threshold: null, map };
  const [normalizedScore = null] = normalizeScores([score], threshold, manifest.scoreRange) ?? [];
  return { score, normalizedScore, verdict: score >= threshold ? 'defective' : 'nominal', threshold, map };
}
