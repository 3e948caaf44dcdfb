import { dispose, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { Learner } from '../contracts/stage.js';
import { copyTensors, restoreVariables } from '../tensors/stateful.js';

/** Everything of a learner that training changes, by name. */
export const learnerVariables = ({ parameters, statistics = {} }: Learner): Record<string, Variable> => ({
  ...parameters,
  ...statistics,
});

/** What a learner was after its best epoch. */
export interface Best {
  /** Takes it as it is now. */
  take(): void;
  /** Makes it what was taken. */
  apply(): void;
  state(): Readonly<Record<string, Tensor>>;
  restore(state: Readonly<Record<string, Tensor>>): void;
  dispose(): void;
}

export function bestOf(learner: Learner): Best {
  let taken: Record<string, Tensor> = {};
  const replace = (tensors: Readonly<Record<string, Tensor>>) => {
    const copies = copyTensors(tensors);
    dispose(taken);
    taken = copies;
  };
  return {
    take: () => replace(learnerVariables(learner)),
    apply: () => restoreVariables(learnerVariables(learner), taken),
    state: () => taken,
    restore: replace,
    dispose: () => dispose(taken),
  };
}
