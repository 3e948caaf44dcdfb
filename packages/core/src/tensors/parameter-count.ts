import type { Tensor } from '@tensorflow/tfjs-core';

/** How many numbers tensors have together: the `parameters` of a {@link Cost}, of those that are learnt. */
export const parameterCount = (
  ...tensors: readonly Readonly<Record<string, Pick<Tensor, 'size'>>>[]
): number => tensors.flatMap((byName) => Object.values(byName)).reduce((sum, { size }) => sum + size, 0);
