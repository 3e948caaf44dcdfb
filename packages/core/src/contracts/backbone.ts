import type { Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { FeaturePyramid } from './feature-pyramid.js';

/**
 * How batch normalisation behaves: `train` uses the statistics of the batch and moves the running ones towards them;
 * `measure` uses those of the batch and sets the running ones to them; `eval` uses the running ones. A backbone without such
 * statistics may take `measure` as `eval`.
 */
export type BackboneMode = 'train' | 'measure' | 'eval';

/** A network that turns images into a feature pyramid: the teacher, or a student. */
export interface Backbone {
  /** The layers it gives, shallow to deep, a subset of the layers its architecture names. */
  readonly layers: readonly string[];
  /** Ck of each layer in `layers`. */
  readonly channels: Readonly<Record<string, number>>;
  /** What an optimizer may change, by the name the architecture's weight files use (`layer1.0.conv1.weight`). */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** What training changes without a gradient: running means and variances. */
  readonly statistics: Readonly<Record<string, Variable>>;
  /**
   * @param images `[N, H, W, 3]`, RGB, standardised as by {@link standardize}.
   * @param teacher for a student: the teacher's pyramid of the same images. Most students see the images alone; one that decodes
   *   what the teacher saw (reverse distillation) needs it.
   * @returns one entry for each of `layers`; the caller disposes the tensors (or runs inside `tf.tidy`).
   */
  features(images: Tensor4D, mode: BackboneMode, teacher?: FeaturePyramid): FeaturePyramid;
  /**
   * For a teacher that takes something from the nominal training images before students learn from it, into its `statistics`.
   * @param batches all training images, `[N, H, W, 3]`, standardised; each batch holds until the next one is asked for. They may be
   *   gone through more than once.
   */
  fit?(batches: AsyncIterable<Tensor4D>): Promise<void>;
  dispose(): void;
}
