import { tf } from '@adfw/core';
import type { TensorSpec } from './layer.js';

/** The tensors of a network by their names: what an optimizer may change, and what training counts. */
export interface NetworkVariables {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  readonly statistics: Readonly<Record<string, tf.Variable>>;
}

/** @param trainable whether the parameters are to be learnt. */
export function createVariables(
  tensors: readonly TensorSpec[],
  valuesOf: (spec: TensorSpec) => Float32Array,
  { trainable }: { trainable: boolean },
): NetworkVariables {
  const isStatistic = ({ role }: TensorSpec) => role === 'mean' || role === 'variance';
  const create = (spec: TensorSpec): [string, tf.Variable] => [
    spec.name,
    tf.tidy(() => tf.variable(tf.tensor(valuesOf(spec), [...spec.shape]), trainable && !isStatistic(spec))),
  ];
  return {
    parameters: Object.fromEntries(tensors.filter((spec) => !isStatistic(spec)).map(create)),
    statistics: Object.fromEntries(tensors.filter(isStatistic).map(create)),
  };
}
