import { dispose, type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import { DataError } from '../contracts/errors.js';

/** Everything a backbone has learnt, under the names its architecture's weight files use: parameters and statistics. */
export const backboneState = (backbone: Backbone): Record<string, Variable> => ({
  ...backbone.parameters,
  ...backbone.statistics,
});

/** Copies that later training leaves alone; the caller disposes them. */
export const copyTensors = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, value.clone()]));

/**
 * Sets a backbone to a state taken from one of the same architecture; the tensors are copied.
 * @throws DataError where a tensor is missing or has another shape; the backbone is then as it was.
 */
export const restoreState = (backbone: Backbone, state: Readonly<Record<string, Tensor>>): void =>
  restoreVariables(backboneState(backbone), state);

/**
 * Sets variables to the values saved under their names; the tensors are copied.
 * @throws DataError where a tensor is missing or has another shape; all variables are then as they were.
 */
export function restoreVariables(
  byName: Readonly<Record<string, Variable>>,
  state: Readonly<Record<string, Tensor>>,
): void {
  const variables = Object.entries(byName);
  for (const [name, variable] of variables) {
    const shape = state[name]?.shape;
    if (!shape || shape.join() !== variable.shape.join())
      throw new DataError(
        `The saved weights do not fit this network: "${name}" should be [${variable.shape}], and ${
          shape ? `is [${shape}]` : 'is missing'
        }. They were saved by another version or for another architecture.`,
      );
  }
  tidy(() => {
    for (const [name, variable] of variables) variable.assign((state[name] as Tensor).clone());
  });
}

/** Entries of `tensors` named `prefix/name`, by `name`. */
export const withPrefix = (
  tensors: Readonly<Record<string, Tensor>>,
  prefix: string,
): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(tensors)
      .filter(([key]) => key.startsWith(`${prefix}/`))
      .map(([key, tensor]) => [key.slice(prefix.length + 1), tensor]),
  );

/** The same tensors, each under `prefix/name`. */
export const prefixed = (tensors: Readonly<Record<string, Tensor>>, prefix: string): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));

export const disposeAll = (tensors: Readonly<Record<string, Tensor>>): void =>
  dispose(Object.values(tensors));
