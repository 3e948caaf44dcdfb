import type { Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { FeaturePyramid } from './feature-pyramid.js';

/**
 * How batch normalisation behaves: `train` uses the statistics of the batch and moves the running ones towards them;
 * `measure` uses those of the batch and sets the running ones to them; `eval` uses the running ones. A network without such
 * statistics may take `measure` as `eval`.
 */
export type Mode = 'train' | 'measure' | 'eval';

/** (x / 255 - mean) / std for each channel, RGB. It belongs to the weights of a network, as in torchvision's `Weights.transforms`. */
export interface Normalization {
  readonly mean: readonly [red: number, green: number, blue: number];
  readonly std: readonly [red: number, green: number, blue: number];
}

/** What a network costs. */
export interface Cost {
  readonly parameters: number;
  /** For one image; null where it is not known. */
  readonly multiplyAdds: number | null;
}

/** A network that turns images into a feature pyramid: a pretrained one, or one that learns from it. */
export interface Backbone {
  /** The layers it gives, shallow to deep, a subset of the layers its architecture names. */
  readonly layers: readonly string[];
  /** Ck of each layer in `layers`. */
  readonly channels: Readonly<Record<string, number>>;
  /** What its weights were trained on; ImageNet's where it is missing. */
  readonly normalization?: Normalization;
  /** What an optimizer may change, by the name the architecture's weight files use (`layer1.0.conv1.weight`). */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** What training changes without a gradient: running means and variances. */
  readonly statistics: Readonly<Record<string, Variable>>;
  /**
   * @param images `[N, H, W, 3]`, RGB, normalised.
   * @param given the pyramid of another network for the same images. Most networks see the images alone; one that decodes what the
   *   other saw needs it.
   * @returns one entry for each of `layers`; the caller disposes the tensors (or runs inside `tf.tidy`).
   */
  features(images: Tensor4D, mode: Mode, given?: FeaturePyramid): FeaturePyramid;
  /** For one image of this size; missing where it does not say. */
  cost?(size: { readonly height: number; readonly width: number }): Cost;
  dispose(): void;
}
