import type { Tensors } from './stateful.js';

/** Numbers by the name of the learner. */
export type ByLearner<Value = number> = Readonly<Record<string, Value>>;

/** What one epoch of training did. */
export interface EpochRecord {
  /** The name of the stage. */
  stage: string;
  /** From 1, in its stage. */
  epoch: number;
  /** Mean over the epoch's batches of the loss each learner was trained with, before each step. */
  loss: ByLearner;
  /** The same of each term of the losses that have several; absent where none has. */
  terms?: ByLearner<Readonly<Record<string, number>>>;
  /** Each learner's loss on the held-out nominal images after the epoch; null where none were held out. */
  heldOutLoss: ByLearner | null;
  /** Whether this is each learner's best epoch so far (the lowest held-out loss; without one, the last). */
  best: ByLearner<boolean>;
  /** Images trained on a second, all learners together counting once. */
  imagesPerSecond: number;
  seconds: number;
}

/** All that fitting depends on from here on, so that a run which goes on from it ends as one never interrupted. */
export interface Checkpoint<Entry = EpochRecord> {
  /** How many stages are done; 0 where it is missing. */
  stage?: number;
  history: readonly Entry[];
  /** `model/…` (what the model has learnt so far) and, of a stage under way, `optimizer/LEARNER/…`, `average/LEARNER/…`, `best/LEARNER/…`. */
  tensors: Tensors;
}

/** Where checkpoints are kept. `save` must be atomic: after a kill at any moment, `load` gives the last one saved or this one. */
export interface CheckpointStore<Entry = EpochRecord> {
  save(checkpoint: Checkpoint<Entry>): Promise<void>;
  /** The last one saved, in tensors that the caller disposes; null where there is none. */
  load(): Promise<Checkpoint<Entry> | null>;
}
