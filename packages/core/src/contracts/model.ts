import type { Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Backbone, Cost, Normalization } from './backbone.js';
import type { Seen } from './seen.js';
import type { Stage } from './stage.js';
import type { Stateful, Tensors } from './stateful.js';

/** What is learnt from nominal images in stages. */
export interface Learnable extends Stateful {
  /**
   * The frozen network that it works on, if there is one: each image's features are computed once and kept while memory lasts. Its
   * weights are no part of `state()`, and are saved with the model all the same; `dispose()` disposes it.
   */
  readonly backbone?: Backbone;
  /** What turns pixels into the images of {@link Seen}. */
  readonly normalization: Normalization;
  /** Fitted one after another. Stages on held-out images come last. */
  readonly stages: readonly Stage[];
}

/** What is fitted to nominal images and then finds anomalies. Registered as the part kind `model`. */
export interface Model extends Learnable {
  /**
   * Pure, and of tensors alone once the model is fitted: this is what is replayed and exported. Called inside `tf.tidy`. An image's
   * result does not depend on the others of its batch.
   * @param found where `search` ended, for the one image that is then seen; missing for a model that does not search.
   */
  detect(seen: Seen, found?: Tensors): Detection;
  /** Precedes `detect`, for a model that has to look for what explains an image: it is then no function of tensors, and cannot be exported. */
  readonly search?: Search;
  /** Of what it learnt, for images of the experiment's size; missing where it does not say. */
  cost?(): Cost;
}

/**
 * A search for what explains an image best, by steps against gradients through what was learnt, which does not change. The framework
 * owns its loop: each image is searched for by itself, so that what is found does not depend on other images; progress, abort.
 */
export interface Search {
  /** How many steps it takes, at least one. */
  readonly steps: number;
  /** Decides, together with the image's pixels, what `begin` draws: an image has the same start wherever it is scored. */
  readonly seed: number;
  /**
   * Where it begins, float32 by name; what is computed once of the image may be among it. Called inside `tf.tidy`.
   * @param seen of one image.
   * @param random 0 to below 1.
   */
  begin(seen: Seen, random: () => number): Tensors;
  /**
   * One step further: pure, and of tensors alone. Called inside `tf.tidy`.
   * @param at what `begin`, or the step before, gave.
   * @returns tensors of the same names and shapes.
   */
  step(seen: Seen, at: Tensors): Tensors;
}

/** A network that is trained before it is used, on any images. Registered as the part kind `pretraining`. */
export interface Pretraining extends Learnable {
  /** The trained network alone, without what only its training needs, in the names and the layout of its weight file. */
  weights(): Promise<
    Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>
  >;
}

/** What a model makes of a batch of images. */
export interface Detection {
  /** `[N]`, higher is more anomalous. */
  readonly scores: Tensor1D;
  /** `[N, H, W]`, anomaly maps at the size of the images; null where the model cannot say where. */
  readonly maps: Tensor3D | null;
}
