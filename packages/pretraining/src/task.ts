import type { tf } from '@adfw/core';
import type { StateDict } from '@adfw/networks';

/** What is trained, and for what: the part of pretraining that differs from one kind of teacher to another. */
export interface PretrainingTask {
  /** What the optimizer changes, by name. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /** What training changes without a gradient: running means and variances. */
  readonly statistics: Readonly<Record<string, tf.Variable>>;
  /** Height and width of the crops, in pixels. */
  readonly cropSize: number;
  /**
   * Where it is set, a batch of N crops holds 2N images: the second half shows what the first does, image by image, moved by up
   * to `shift` pixels along each axis and with other colours and noise.
   */
  readonly pairs?: { readonly shift: number };
  /**
   * What the task takes from the images before the first step; called again when training is resumed, with the same images.
   * @param batches some hundred crops, `[N, H, W, 3]`, standardised; each holds until the next one is asked for.
   */
  fit?(batches: AsyncIterable<tf.Tensor4D>): Promise<void>;
  /**
   * What the loss of a batch is computed from and no gradient goes through: what a frozen network gives for it.
   * @param images `[N, H, W, 3]` (2N with `pairs`), standardised.
   */
  targets?(images: tf.Tensor4D): Record<string, tf.Tensor4D>;
  /**
   * The terms of the loss by name, scalars; their sum is minimised. Differentiable in the parameters.
   * @param images as for `targets`.
   * @param targets what `targets` gave for them; empty without it.
   */
  loss(images: tf.Tensor4D, targets: Readonly<Record<string, tf.Tensor4D>>): Record<string, tf.Scalar>;
  /** The trained network alone, without what only its training needs, in the names and the layout of its weight file. */
  weights(): Promise<StateDict>;
  dispose(): void;
}
