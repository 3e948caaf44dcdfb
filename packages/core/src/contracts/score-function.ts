import type { Tensor3D, Variable } from '@tensorflow/tfjs-core';
import type { FeaturePyramid } from './feature-pyramid.js';

/**
 * Turns what the teacher and the students see into anomaly maps. Registered as the part kind `score`; most are one formula a
 * layer and are made by `layerwiseScore` of `@adfw/distillation`.
 */
export interface ScoreFunction {
  /** The fewest students it makes sense for: 1 for a distance to the teacher, 2 for a disagreement between students. */
  readonly minStudents: number;
  /**
   * @param teacher the teacher's pyramid, layers `[N, Hk, Wk, Ck]`.
   * @param students one pyramid a student, of the same shapes.
   * @param size height and width of the images.
   * @returns their anomaly maps, `[N, H, W]` at the size of the images; higher means more anomalous.
   */
  anomalyMap(
    teacher: FeaturePyramid,
    students: readonly FeaturePyramid[],
    size: readonly [height: number, width: number],
  ): Tensor3D;
  /** What {@link fit} learns, by name; saved with the model. */
  readonly statistics?: Readonly<Record<string, Variable>>;
  /**
   * For a score that takes something from nominal images once the students are trained, such as the range of its values there.
   * @param batches what teacher and students see in nominal images that were held out of training (in the training images where
   *   none was); each holds until the next one is asked for.
   */
  fit?(batches: AsyncIterable<ObservedBatch>): Promise<void>;
}

/** What the teacher and its students see in a batch of images. */
export interface ObservedBatch {
  readonly teacher: FeaturePyramid;
  readonly students: readonly FeaturePyramid[];
  /** Height and width of the images. */
  readonly size: readonly [height: number, width: number];
}
