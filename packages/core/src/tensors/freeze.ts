import { backend, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Tells the engine that the values of `tensor` never change: the weights of a network that is not trained. An engine that compiles what it runs
 * makes constants of them, so that batch normalisation folds into the convolutions; other engines ignore it.
 */
export function freeze(tensor: Tensor): void {
  const engine = backend() as { freeze?: (dataId: object) => void };
  engine.freeze?.(tensor.dataId);
}
