import type { RgbImage } from './dataset.js';
import { type AnomalyDetector, scoreImages } from './detector.js';
import type { ImageSource } from './image-source.js';
import { auroc } from './metrics/auroc.js';
import { type SyntheticDefectKind, syntheticDefect, syntheticDefectKinds } from './synthetic-defects.js';

/** How well a detector tells nominal images from the same images with a defect drawn into them. */
export interface SyntheticEvaluation {
  /** Nominal images that defects were drawn into. */
  readonly images: number;
  /** The mean over the kinds. */
  readonly imageAuroc: number;
  /** Image AUROC of each kind of defect. */
  readonly kinds: Readonly<Record<SyntheticDefectKind, number>>;
}

/** What more images cost, they do not tell. */
const MOST_IMAGES = 40;

/**
 * What nominal images alone can tell of a detector: {@link syntheticDefect} draws one defect of each kind into each image, and the
 * image AUROC says how far the two are told apart. It is no measure of how well real defects are found, but of two settings on
 * the same images the one with the higher value nearly always finds more of them, too (docs/training.md).
 * @param images nominal, none of them trained on; of more than 40 the first 40 are taken.
 * @returns null where there are none.
 */
export async function evaluateSynthetic(
  detector: AnomalyDetector,
  images: ImageSource,
  options: {
    readonly batchSize: number;
    /** Of the defects. */
    readonly seed: number;
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<SyntheticEvaluation | null> {
  const { seed, onProgress, ...scoring } = options;
  const length = Math.min(MOST_IMAGES, images.length);
  if (length === 0) return null;
  const total = length * (1 + syntheticDefectKinds.length);
  let done = 0;
  const scoresOf = async (image: (index: number) => Promise<RgbImage>) => {
    const scores: number[] = [];
    for await (const { score } of scoreImages(detector, { length, size: images.size, image }, scoring)) {
      scores.push(score);
      onProgress?.(++done, total);
    }
    return scores;
  };
  const nominal = await scoresOf((index) => images.image(index));
  const labels = Array.from({ length: 2 * length }, (_, index) => (index < length ? 0 : 1));
  const kinds: Partial<Record<SyntheticDefectKind, number>> = {};
  for (const kind of syntheticDefectKinds) {
    const defective = await scoresOf(
      async (index) => syntheticDefect(await images.image(index), kind, seed, `${index}`).image,
    );
    kinds[kind] = auroc([...nominal, ...defective], labels);
  }
  const values = Object.values(kinds);
  return {
    images: length,
    imageAuroc: values.reduce((sum, value) => sum + value, 0) / values.length,
    kinds: kinds as Record<SyntheticDefectKind, number>,
  };
}
