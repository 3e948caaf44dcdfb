import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs-core';

/** Moves parameters against their gradients. One optimizer belongs to one learner. Registered as the part kind `optimizer`. */
export interface Optimizer {
  /**
   * Applies one step; `gradients` has an entry for each of `parameters`.
   * @param rate what the learning rate is multiplied with in this step, 1 by default.
   */
  step(parameters: Readonly<Record<string, Variable>>, gradients: NamedTensorMap, rate?: number): void;
  /** Everything a later step depends on (momentum, moments, step count), so that a checkpoint can hold it. */
  state(): Record<string, Tensor>;
  /** Takes over what `state` gave; the tensors are copied. */
  restore(state: Readonly<Record<string, Tensor>>): void;
  dispose(): void;
}
