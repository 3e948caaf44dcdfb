import type { Tensor } from '@tensorflow/tfjs-core';

export type Tensors = Readonly<Record<string, Tensor>>;

/** Something that learns, and can be saved: weights, a memory bank, moments, factors, quantiles. */
export interface Stateful {
  /** All that it has learnt so far, by name; what is given stays its own, and is not to be disposed. */
  state(): Tensors;
  /**
   * Takes over what `state()` gave, of one of the same options; the tensors are copied.
   * @throws DataError that names what is missing or does not fit.
   */
  restore(state: Tensors): void;
  dispose(): void;
}
