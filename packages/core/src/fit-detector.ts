import type { CheckpointStore } from './checkpoint.js';
import type { Composition } from './composition.js';
import { type AnomalyDetector, distillationDetector, scoreImages } from './detector.js';
import { type DistillationEvent, type DistillationResult, distill } from './distillation.js';
import { fitScore } from './fit-score.js';
import { holdOut } from './hold-out.js';
import { type ImageSource, imageBatches, pickImages } from './image-source.js';
import type { MemoryBudget } from './memory-budget.js';
import { freezeAll } from './saved-model.js';
import { type ValueRange, valueRange } from './value-range.js';
import { withOptimizers } from './with-optimizers.js';

export interface FitOptions {
  /** For features of the teacher that are kept; what images take of it is the source's. */
  budget: MemoryBudget;
  checkpoints?: CheckpointStore;
  onProgress?: (event: DistillationEvent) => void;
  signal?: AbortSignal;
}

export interface FittedDetector extends DistillationResult {
  readonly detector: AnomalyDetector;
  /** How many images were trained on, and how many held out. */
  readonly train: number;
  readonly validation: number;
  /** Of training, the teacher's features included; epochs before a checkpoint not. */
  readonly trainSeconds: number;
  /** Scores of the held-out images, in their order; empty where none were held out. */
  readonly heldOutScores: number[];
  /** Smallest and largest value on the anomaly maps of the held-out images; null without any. */
  readonly heldOutMapRange: ValueRange | null;
  /** Chosen from the held-out scores by the experiment's `deployedThreshold`; null without any. */
  readonly threshold: number | null;
}

/**
 * Fits a composition to nominal images: holds some out, trains the students on the rest, fits the score, and chooses a threshold.
 * @throws DataError where there are no images, or the loss stops being a number; the signal's reason when it is aborted.
 */
export async function fitDetector(
  composition: Composition,
  nominal: ImageSource,
  { budget, checkpoints, onProgress, signal }: FitOptions,
): Promise<FittedDetector> {
  const { teacher, students, score, experiment } = composition;
  const { validationFraction, cacheMemory: _, optimizer: __, ...training } = experiment.training;
  const { batchSize } = training;
  const split = holdOut(nominal.length, validationFraction, experiment.seed);
  const train = pickImages(nominal, split.train);
  const validation = pickImages(nominal, split.validation);
  const start = performance.now();
  const trained = await withOptimizers(composition, (optimizers) =>
    distill({
      teacher,
      students,
      optimizers,
      loss: composition.loss,
      train,
      validation,
      ...training,
      seed: experiment.seed,
      budget,
      ...(checkpoints && { checkpoints }),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    }),
  );
  const trainSeconds = (performance.now() - start) / 1000;

  freezeAll(composition);
  await fitScore(
    score,
    teacher,
    students,
    imageBatches(validation.length > 0 ? validation : train, {
      batchSize,
      onProgress: (done, total) => onProgress?.({ type: 'fitting', done, total }),
      ...(signal && { signal }),
    }),
  );
  const detector = distillationDetector(teacher, students, score);
  // Of the maps only the range is needed later.
  const heldOutScores: number[] = [];
  const ranges: ValueRange[] = [];
  for await (const image of scoreImages(detector, validation, { batchSize, ...(signal && { signal }) })) {
    heldOutScores.push(image.score);
    ranges.push(valueRange([image.map]));
  }
  const hasHeldOut = heldOutScores.length > 0;
  return {
    ...trained,
    detector,
    train: train.length,
    validation: validation.length,
    trainSeconds,
    heldOutScores,
    heldOutMapRange: hasHeldOut ? valueRange(ranges.map(({ min, max }) => [min, max])) : null,
    threshold: hasHeldOut ? composition.deployedThreshold.threshold({ scores: heldOutScores }) : null,
  };
}
