import type { RgbImage } from '../contracts/dataset.js';
import { normalizeScores } from '../metrics/normalize-scores.js';
import type { DetectedImage, DetectOptions, Detector } from './detector.js';
import type { ModelManifest } from './saved-model.js';

export interface ImagePrediction extends DetectedImage {
  /** Eq. 5.7: 0.5 at the threshold, above it defective; null without a threshold, and where no two scores were seen that differ. */
  normalizedScore: number | null;
  /** null without a threshold. */
  verdict: 'nominal' | 'defective' | null;
  threshold: number | null;
}

/**
 * Scores one image, which was read for the model's frame.
 * @throws the signal's reason, where it ends a search.
 */
export async function predictImage(
  detector: Detector,
  manifest: ModelManifest,
  pixels: RgbImage,
  threshold = manifest.thresholds.deployed ?? undefined,
  options?: DetectOptions,
): Promise<ImagePrediction> {
  const [{ score, map }] = (await detector.detect([pixels], options)) as [DetectedImage];
  if (threshold === undefined) return { score, normalizedScore: null, verdict: null, threshold: null, map };
  const [normalizedScore = null] = normalizeScores([score], threshold, manifest.scoreRange) ?? [];
  return { score, normalizedScore, verdict: score >= threshold ? 'defective' : 'nominal', threshold, map };
}
