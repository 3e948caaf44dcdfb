import { type backend_util, Elu, LeakyRelu, Relu, Relu6, Sigmoid } from '@tensorflow/tfjs-core';
import type { Emitter } from './emitter.js';
import { writeUnary } from './unary-operators.js';

/** What a fused kernel applies to its product: a bias, then an activation. */
export interface FusedActivation {
  readonly bias: boolean;
  readonly activation: backend_util.Activation;
  /** The slope of `leakyrelu` below zero. */
  readonly alpha: number;
}

const kernels: Partial<Record<backend_util.Activation, string>> = {
  relu: Relu,
  relu6: Relu6,
  elu: Elu,
  sigmoid: Sigmoid,
  leakyrelu: LeakyRelu,
};

/** @param slope for `prelu`: a tensor that broadcasts to x. */
export function writeActivation(
  emitter: Emitter,
  x: string,
  { activation, alpha }: FusedActivation,
  slope?: string,
): string {
  if (activation === 'linear' || !activation) return x;
  if (activation === 'prelu') {
    const below = emitter.op('Min', [x, emitter.scalar(0)]);
    return emitter.op('Add', [emitter.op('Relu', [x]), emitter.op('Mul', [slope as string, below])]);
  }
  return writeUnary(kernels[activation] as string, emitter, x, { alpha });
}
