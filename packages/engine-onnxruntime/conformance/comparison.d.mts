// The types of comparison.mjs, for the tests.
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomProgram } from './random-graph.mjs';

export function checkProgram(
  program: RandomProgram,
  options: { freeze(tensors: Iterable<Tensor>): void },
): Promise<{ message: string; isUnstable: boolean } | null>;
