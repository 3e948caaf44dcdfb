import type { Tensor } from '@tensorflow/tfjs-core';

/** What one epoch of training did, for each student. */
export interface EpochRecord {
  /** From 1. */
  epoch: number;
  /** Mean over the epoch's batches of the loss each student was trained with, before each step. */
  loss: number[];
  /** Each student's error on the held-out nominal images after the epoch; null where none were held out. */
  validationLoss: number[] | null;
  /** Whether this is each student's best epoch so far (the lowest validation error; without one, the last). */
  best: boolean[];
  /** Images trained on a second, all students together counting once. */
  imagesPerSecond: number;
  seconds: number;
}

/** All that training after an epoch depends on, so that a run which goes on from here ends as one never interrupted. */
export interface Checkpoint<Entry = EpochRecord> {
  history: readonly Entry[];
  /** `student0/…` and `best0/…` (parameters and statistics), `optimizer0/…` (an optimizer's state), and so on. */
  tensors: { readonly [name: string]: Tensor };
}

/** Where checkpoints are kept. `save` must be atomic: after a kill at any moment, `load` gives the last one saved or this one. */
export interface CheckpointStore<Entry = EpochRecord> {
  save(checkpoint: Checkpoint<Entry>): Promise<void>;
  /** The last one saved, in tensors that the caller disposes; null where there is none. */
  load(): Promise<Checkpoint<Entry> | null>;
}
