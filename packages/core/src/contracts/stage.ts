import type { Scalar, Variable } from '@tensorflow/tfjs-core';
import type { MemoryBudget } from '../images/memory-budget.js';
import type { Augmentation } from './augmentation.js';
import type { Mode } from './backbone.js';
import type { EpochRecord } from './checkpoint.js';
import type { RgbImage } from './dataset.js';
import type { Optimizer } from './optimizer.js';
import type { Seen } from './seen.js';

/** A step of fitting. The framework owns its loop: batches, features that are kept, progress, abort, checkpoints. */
export type Stage = GatherStage | TrainStage;

interface StageBase {
  /** `flow`, `coreset`: shown while it goes on. No two stages of a model have the same. */
  readonly name: string;
}

/** Looks at images without gradients: means, a covariance, a memory bank, cluster centres, quantiles. */
export interface GatherStage extends StageBase {
  /**
   * Which nominal images; `train` by default. Where none are held out, `heldOut` are the training images. A stage on held-out images
   * may be repeated, on some of them: what it learns replaces what it learnt before.
   */
  readonly on?: 'train' | 'heldOut';
  /** Whether the backbone gives other numbers afterwards (standardisation): what it gave before is not kept. */
  readonly changesBackbone?: boolean;
  /**
   * @param batches of all the images, in order; each holds until the next one is asked for. They may be gone through more than once.
   */
  gather(batches: AsyncIterable<Seen>, context: GatherContext): Promise<void>;
}

export interface GatherContext {
  /** How many images `batches` has. */
  readonly total: number;
  /** The experiment's; decides every random number. */
  readonly seed: number;
  /** What is kept of the images takes its bytes here and gives them back; where it has none left, take a sample, and say so. */
  readonly budget: MemoryBudget;
  /** Tells of work that follows looking, such as choosing a coreset. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Says a sentence that the run keeps among its notes. */
  readonly report?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Moves parameters against gradients, on the training images; what is held out chooses the epoch that is kept. */
export interface TrainStage extends StageBase {
  /**
   * Trained side by side on the same batches: the members of an ensemble, a discriminator and its generator. In each step the first one's
   * loss is computed and its parameters are moved, then the second one's, and so on: a loss may depend on what another learns, and
   * finds it as the step has left it so far, but moves its own parameters alone.
   */
  readonly learners: readonly Learner[];
  readonly epochs: number;
  /** By default as many as show each image once. */
  readonly stepsPerEpoch?: number;
  /** `best`, the default: each learner's epoch of lowest held-out loss, where images are held out; `last`: the last one. */
  readonly keep?: 'best' | 'last';
  /** What the learning rate is multiplied with, from the progress in the whole stage, 0 to 1; 1 by default. */
  readonly schedule?: (progress: number) => number;
  /** What the norm of a learner's gradients is scaled down to, where it is larger; null or missing for no limit. */
  readonly clipNorm?: number | null;
  /** Decay of the average of the weights that is tried on held-out images and kept in place of the weights; 0 or missing for none. */
  readonly averageDecay?: number;
  /** Whether statistics of batch normalisation are computed anew for weights that are tried on held-out images or kept. */
  readonly preciseBatchNorm?: boolean;
  /** It ends after so many epochs in a row that were no learner's best; null or missing for all epochs. */
  readonly patience?: number | null;
  /**
   * Other images in place of a batch's: pasted defects, crops. `features` are then those of what it gave, computed anew in each step.
   * Held-out images go through it too, with the same random numbers after each epoch.
   * @param random 0 to below 1; of this step alone, so that training resumes bit for bit.
   */
  readonly augment?: (images: readonly RgbImage[], random: () => number) => Promise<readonly RgbImage[]>;
  /**
   * What changes the training images of each step before `augment` and the learners see them, one after another, as a user asks for;
   * held-out images stay as they are. Each is made once, before the stage begins. `features` are then computed anew in each step.
   */
  readonly augmentations?: readonly (() => Promise<Augmentation>)[];
  /** What of its epochs the run is to keep among its notes, in sentences: that learners which work against each other fell out of balance. Asked when it ends. */
  readonly review?: (epochs: readonly EpochRecord[]) => readonly string[];
}

/** A set of parameters with a loss and an optimizer of its own. */
export interface Learner {
  /** `generator`; no two of a stage have the same. */
  readonly name: string;
  /** What its optimizer moves. */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** What training changes without a gradient: running means and variances. */
  readonly statistics?: Readonly<Record<string, Variable>>;
  /** The stage disposes it when it ends. */
  readonly optimizer: Optimizer;
  /**
   * A scalar to minimise, or its terms by name, whose sum is; differentiable in `parameters`.
   * @param random 0 to below 1; of this step alone, as that of `augment`.
   * @param progress in the whole stage, 0 to 1, as that of `schedule`: for what begins later, or grows.
   */
  loss(
    seen: Seen,
    mode: Mode,
    random: () => number,
    progress: number,
  ): Scalar | Readonly<Record<string, Scalar>>;
}
